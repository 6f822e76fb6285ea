#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/status.h"
#include "dfkd/nn/module.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

using TensorMap = std::map<std::string, at::Tensor>;

constexpr size_t kMostListed = 10;
// PyTorch counts batches there; files before 0.4.1 have none, and inference needs none.
constexpr absl::string_view kMayBeMissing = "num_batches_tracked";

TensorMap MapOf(const std::vector<NamedTensor>& tensors) {
  TensorMap map;
  for (const NamedTensor& named : tensors) map.emplace(named.name, named.tensor);
  return map;
}

bool AnyNameShared(const TensorMap& a, const TensorMap& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& item) { return b.contains(item.first); });
}

// "module." if every name begins so; else "".
std::string CommonPrefix(const TensorMap& tensors) {
  if (tensors.empty()) return "";
  const std::string& first = tensors.begin()->first;
  const std::string prefix = first.substr(0, first.find('.') + 1);
  const bool common = std::all_of(tensors.begin(), tensors.end(), [&](const auto& item) {
    return absl::StartsWith(item.first, prefix);
  });
  return common ? prefix : "";
}

// DataParallel, torch.compile and wrappers put their own name before each: taken off while nothing
// in the file is named as in the model.
TensorMap WithoutForeignPrefix(TensorMap file, const TensorMap& model) {
  while (!AnyNameShared(file, model)) {
    const std::string prefix = CommonPrefix(file);
    if (prefix.empty()) break;
    TensorMap shorter;
    for (auto& [name, tensor] : file) shorter.emplace(name.substr(prefix.size()), tensor);
    file = std::move(shorter);
  }
  return file;
}

std::string Describe(const at::Tensor& tensor) {
  return absl::StrCat(c10::toString(tensor.scalar_type()), " [",
                      absl::StrJoin(tensor.sizes(), ", "), "]");
}

// Precision may differ, kind may not: counts are no weights.
bool Fits(const at::Tensor& source, const at::Tensor& target) {
  const bool same_kind = source.scalar_type() == target.scalar_type() ||
                         (source.is_floating_point() && target.is_floating_point());
  return same_kind && source.sizes() == target.sizes();
}

std::vector<std::string> NamesNotIn(const TensorMap& tensors, const TensorMap& other) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) {
    if (!other.contains(name)) names.push_back(name);
  }
  return names;
}

// "a (nearest there: b), c"; a name beyond the limit is only counted.
std::string ListNames(const std::vector<std::string>& names,
                      const std::vector<std::string>& candidates, absl::string_view where) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < std::min(names.size(), kMostListed); ++i) {
    const std::string nearest = NearestName(names[i], candidates);
    parts.push_back(nearest.empty() ? names[i]
                                    : absl::StrCat(names[i], " (", where, ": ", nearest, ")"));
  }
  if (names.size() > kMostListed) {
    parts.push_back(absl::StrCat("and ", names.size() - kMostListed, " more"));
  }
  return absl::StrJoin(parts, ", ");
}

std::vector<std::string> Mismatches(const TensorMap& file, const TensorMap& model) {
  std::vector<std::string> found;
  for (const auto& [name, target] : model) {
    const auto source = file.find(name);
    if (source == file.end() || Fits(source->second, target)) continue;
    found.push_back(absl::StrCat(name, " is ", Describe(source->second), ", the model's is ",
                                 Describe(target)));
  }
  return found;
}

}  // namespace

std::map<std::string, at::Tensor> NamedAsIn(const Module& module, const WeightFile& file) {
  return WithoutForeignPrefix(MapOf(file.tensors), MapOf(module.NamedState()));
}

bool MayBeMissing(absl::string_view name) { return absl::EndsWith(name, kMayBeMissing); }

absl::Status LoadInto(const WeightFile& weights, Module* module, absl::string_view path) {
  const TensorMap model = MapOf(module->NamedState());
  const TensorMap file = NamedAsIn(*module, weights);
  const std::vector<std::string> leftover = NamesNotIn(file, model);
  const std::vector<std::string> absent = NamesNotIn(model, file);
  std::vector<std::string> missing = absent;
  std::erase_if(missing, MayBeMissing);
  const std::vector<std::string> mismatches = Mismatches(file, model);

  std::vector<std::string> problems;
  if (!missing.empty()) {
    problems.push_back("missing: " + ListNames(missing, leftover, "the file has"));
  }
  if (!leftover.empty()) {
    problems.push_back("unknown: " + ListNames(leftover, absent, "the model has"));
  }
  if (!mismatches.empty()) problems.push_back(ListNames(mismatches, {}, ""));
  if (!problems.empty()) {
    return InputFileError(
        absl::StrCat(path, " does not fit the model; ", absl::StrJoin(problems, "; ")));
  }
  for (const auto& [name, target] : model) {
    const auto source = file.find(name);
    if (source != file.end()) target.detach().copy_(source->second);
  }
  return absl::OkStatus();
}

}  // namespace dfkd
