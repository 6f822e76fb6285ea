// Rows of a file: e_k is row k of the tensor "embeddings" [K, D]. A table belongs to the classes
// whose names it carries: other names, or another order, are refused, since rows that stand beside
// the wrong classes would train without a word.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/embedding_table.h"
#include "dfkd/encoders/encoder.h"
#include "dfkd/encoders/table.pb.h"

namespace dfkd {
namespace {

class TableEncoder : public Encoder {
 public:
  using Config = TableConfig;

  static absl::StatusOr<std::unique_ptr<Encoder>> Create(const TableConfig& config,
                                                         const EncoderContext&) {
    DFKD_ASSIGN_OR_RETURN(EmbeddingTable table, ReadEmbeddingTable(config.file()));
    return std::make_unique<TableEncoder>(config.file(), std::move(table));
  }

  TableEncoder(std::string path, EmbeddingTable table)
      : path_(std::move(path)), table_(std::move(table)) {}

  absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& class_names) override {
    const size_t common = std::min(class_names.size(), table_.labels.size());
    for (size_t i = 0; i < common; ++i) {
      if (table_.labels[i] == class_names[i]) continue;
      return InputFileError(absl::StrCat(path_, ": row ", i, " is \"", table_.labels[i],
                                         "\", but class ", i, " is \"", class_names[i],
                                         "\"; the table must have the teacher's class names in the "
                                         "teacher's order"));
    }
    if (class_names.size() != table_.labels.size()) {
      return InputFileError(absl::StrCat(path_, ": has ", table_.labels.size(),
                                         " rows, but there are ", class_names.size(), " classes"));
    }
    return table_.rows;
  }

 private:
  std::string path_;
  EmbeddingTable table_;
};

DFKD_REGISTER_PLUGIN(Encoder, TableEncoder);

}  // namespace
}  // namespace dfkd
