#include "dfkd/inspect/describe_table.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "dfkd/encoders/embedding_table.h"
#include "dfkd/inspect/visible_text.h"
#include "dfkd/report/format.h"

namespace dfkd {
namespace {

constexpr int64_t kChunk = 256;

struct Pair {
  int64_t first = 0;
  int64_t second = 0;
  double distance = std::numeric_limits<double>::infinity();
};

// The two rows that are least apart. In chunks: K rows have K^2 distances.
Pair Nearest(const at::Tensor& float_rows) {
  const at::Tensor rows = float_rows.to(at::kDouble);
  const at::Tensor squares = rows.mul(rows).sum(1);
  Pair nearest;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t start = 0; start < rows.size(0); start += kChunk) {
    const int64_t end = std::min(start + kChunk, rows.size(0));
    at::Tensor distances = squares.slice(0, start, end).unsqueeze(1) + squares.unsqueeze(0) -
                           rows.slice(0, start, end).matmul(rows.t()) * 2;
    for (int64_t i = start; i < end; ++i) {
      distances[i - start][i] = std::numeric_limits<double>::infinity();
    }
    const int64_t at = distances.argmin().item<int64_t>();
    const double value = distances.view({-1})[at].item<double>();
    if (value >= least) continue;
    least = value;
    nearest.first = start + at / rows.size(0);
    nearest.second = at % rows.size(0);
  }
  nearest.distance = (rows[nearest.first] - rows[nearest.second]).norm().item<double>();
  return nearest;
}

}  // namespace

bool IsEmbeddingTable(const WeightFile& file) {
  return file.metadata.contains("labels") &&
         std::any_of(file.tensors.begin(), file.tensors.end(),
                     [](const NamedTensor& named) { return named.name == "embeddings"; });
}

std::string DescribeEmbeddingTable(const std::string& path) {
  const auto table = ReadEmbeddingTable(path);
  if (!table.ok()) {
    return absl::StrCat("a table of rows by class name that cannot be used: ",
                        VisibleText(table.status().message(), 500), "\n");
  }
  const at::Tensor lengths = table->rows.norm(2, 1);
  std::string text =
      absl::StrCat("a table of ", table->rows.size(0), " rows by class name, ", table->rows.size(1),
                   " numbers each; the encoder \"table\" reads it\n  lengths  ",
                   FormatRounded(lengths.min().item<double>(), 4), " to ",
                   FormatRounded(lengths.max().item<double>(), 4), "\n");
  if (table->labels.size() > 1) {
    const Pair nearest = Nearest(table->rows);
    absl::StrAppend(&text, "  nearest  ", FormatRounded(nearest.distance, 4), " between ",
                    VisibleText(table->labels[nearest.first]), " and ",
                    VisibleText(table->labels[nearest.second]), "\n");
  }
  if (!table->prompt.empty()) {
    absl::StrAppend(&text, "  prompt   ", VisibleText(table->prompt), "\n");
  }
  if (!table->encoder.empty()) {
    absl::StrAppend(&text, "  encoder  ", VisibleText(table->encoder, 500), "\n");
  }
  absl::StrAppend(&text, "  classes\n");
  for (const std::string& label : table->labels) {
    absl::StrAppend(&text, "    ", VisibleText(label), "\n");
  }
  return text;
}

}  // namespace dfkd
