// Precomputed rows in a safetensors file: what the table encoder reads.
#ifndef DFKD_ENCODERS_EMBEDDING_TABLE_H_
#define DFKD_ENCODERS_EMBEDDING_TABLE_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/files.h"

namespace dfkd {

struct EmbeddingTable {
  at::Tensor rows;                  // "embeddings" [K, D] float32, finite
  std::vector<std::string> labels;  // class names, one per row; metadata "labels", a JSON list
  std::string prompt;               // metadata "prompt"; empty: unknown
  std::string encoder;              // metadata "encoder", a name or hash; empty: unknown
};

// Any weight file with the tensor "embeddings" and metadata "labels". Half precision becomes
// float32. Errors are InputFileError and name the row.
absl::StatusOr<EmbeddingTable> ReadEmbeddingTable(const std::string& path);

// Refuses a table that ReadEmbeddingTable would refuse.
absl::Status WriteEmbeddingTable(FileSystem* files, const std::string& path,
                                 const EmbeddingTable& table);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_EMBEDDING_TABLE_H_
