// What the JSON files in the folder of a sentence-transformers model say.
#ifndef DFKD_ENCODERS_SENTENCE_MODEL_CONFIG_H_
#define DFKD_ENCODERS_SENTENCE_MODEL_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/encoders/bert.h"
#include "dfkd/encoders/bert_words.h"

namespace dfkd {

enum class Pooling {
  kMean,        // over the sentence's tokens, [CLS] and [SEP] among them
  kFirstToken,  // [CLS]
};

struct SentenceModelConfig {
  std::string transformer_dir;  // where the weights and the vocabulary lie
  BertOptions bert;
  BertWordOptions words;
  int64_t max_length = 512;  // tokens
  Pooling pooling = Pooling::kMean;
  bool normalize = false;  // modules.json ends in a Normalize module
};

// Reads modules.json, config.json, the pooling module's config.json (which may also lie beside them
// as pooling_config.json) and, where they are there, tokenizer_config.json and
// sentence_bert_config.json; as sentence-transformers wrote them from version 2 to 6.
// What dfkd cannot do as the files say (another network than BERT, another module) is refused.
absl::StatusOr<SentenceModelConfig> ReadSentenceModelConfig(const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_SENTENCE_MODEL_CONFIG_H_
