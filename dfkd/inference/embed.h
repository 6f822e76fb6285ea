// Class names to a table of rows, with which any run can be fed (encoder "table").
#ifndef DFKD_INFERENCE_EMBED_H_
#define DFKD_INFERENCE_EMBED_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/encoders/embedding_table.h"

namespace dfkd {

// The rows that a run of that seed takes from `encoder`, which holds a config; `precision` is not
// AUTO. The table says what made them: prompt, and the whole config.
absl::StatusOr<EmbeddingTable> Embed(const EncoderSpec& encoder,
                                     const std::vector<std::string>& labels, uint64_t seed,
                                     TrainSpec::Precision precision);

}  // namespace dfkd

#endif  // DFKD_INFERENCE_EMBED_H_
