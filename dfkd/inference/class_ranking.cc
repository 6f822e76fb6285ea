#include "dfkd/inference/class_ranking.h"

#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/report/csv.h"

namespace dfkd {

std::string RankingHeader(int64_t classes) {
  CsvRow cells = {"file"};
  for (int64_t rank = 1; rank <= std::min(kRankedClasses, classes); ++rank) {
    cells.push_back(absl::StrCat("rank", rank, "_class"));
    cells.push_back(absl::StrCat("rank", rank, "_probability"));
  }
  return FormatCsvRow(cells);
}

std::string RankingRows(const std::vector<std::string>& files, const at::Tensor& logits,
                        const std::vector<std::string>& class_names) {
  const int64_t ranks = std::min(kRankedClasses, logits.size(1));
  const auto [values, indices] = at::topk(at::softmax(logits, 1), ranks, /*dim=*/1);
  const at::Tensor probability = values.contiguous(), index = indices.contiguous();
  std::string text;
  for (size_t i = 0; i < files.size(); ++i) {
    CsvRow cells = {files[i]};
    for (int64_t rank = 0; rank < ranks; ++rank) {
      const int64_t at = static_cast<int64_t>(i) * ranks + rank;
      cells.push_back(class_names[index.const_data_ptr<int64_t>()[at]]);
      cells.push_back(absl::StrFormat("%.6f", probability.const_data_ptr<float>()[at]));
    }
    text += FormatCsvRow(cells);
  }
  return text;
}

}  // namespace dfkd
