#include "dfkd/inspect/describe_weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/inspect/fitting_presets.h"
#include "dfkd/inspect/visible_text.h"
#include "dfkd/report/format.h"
#include "dfkd/train/teacher.h"
#include "dfkd/weights/tensor_record.h"
#include "dfkd/weights/tensors.h"

namespace dfkd {
namespace {

constexpr size_t kShownClasses = 12;

// What BatchNorm layers keep beside their parameters.
bool IsStatistic(const std::string& name) {
  return absl::EndsWith(name, "running_mean") || absl::EndsWith(name, "running_var") ||
         absl::EndsWith(name, "num_batches_tracked");
}

bool HoldsBadNumbers(const at::Tensor& tensor) {
  return tensor.is_floating_point() && !at::isfinite(tensor).all().item<bool>();
}

// "1 tensor", "1,234 tensors"
std::string Count(int64_t count, absl::string_view noun, absl::string_view plural_ending = "s") {
  return absl::StrCat(FormatCount(count), " ", noun, count == 1 ? "" : plural_ending);
}

std::string ShapeText(const at::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.sizes(), ", "), "]");
}

std::string TensorLines(const WeightFile& file) {
  size_t width = 0;
  for (const NamedTensor& named : file.tensors) {
    width = std::max(width, ShapeText(named.tensor).size());
  }
  std::string text;
  for (const NamedTensor& named : file.tensors) {
    absl::StrAppendFormat(&text, "  %-4s %-*s  %s%s\n", NameOf(DTypeOf(named.tensor)),
                          static_cast<int>(width), ShapeText(named.tensor), VisibleText(named.name),
                          HoldsBadNumbers(named.tensor) ? "  (holds NaN or infinity)" : "");
  }
  return text;
}

std::string Sums(const WeightFile& file) {
  int64_t parameters = 0, statistics = 0;
  std::map<std::string, int64_t> types;
  for (const NamedTensor& named : file.tensors) {
    (IsStatistic(named.name) ? statistics : parameters) += named.tensor.numel();
    ++types[std::string(NameOf(DTypeOf(named.tensor)))];
  }
  std::string text =
      absl::StrCat(Count(static_cast<int64_t>(file.tensors.size()), "tensor"), " (",
                   absl::StrJoin(types, ", ",
                                 [](std::string* out, const auto& type) {
                                   absl::StrAppend(out, FormatCount(type.second), " ", type.first);
                                 }),
                   "), ", Count(parameters, "parameter"));
  if (statistics > 0) {
    absl::StrAppend(&text, " and ", FormatCount(statistics), " numbers of BatchNorm's");
  }
  return absl::StrCat(text, "\n");
}

std::string Join(const google::protobuf::RepeatedField<float>& values) {
  return absl::StrJoin(values, ", ", [](std::string* out, float value) {
    absl::StrAppend(out, FormatRounded(value, 4));
  });
}

std::string ListClasses(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(names.size(), kShownClasses); ++i) {
    shown.push_back(VisibleText(names[i], 60));
  }
  return absl::StrCat(FormatCount(static_cast<int64_t>(names.size())), " (",
                      absl::StrJoin(shown, ", "), names.size() > kShownClasses ? ", …" : "", ")");
}

std::string CardLines(const TeacherCard& card) {
  std::string text = "card\n";
  if (card.class_name_size() > 0) {
    absl::StrAppend(&text, "  classes    ",
                    ListClasses({card.class_name().begin(), card.class_name().end()}), "\n");
  }
  if (card.has_height() || card.has_width() || card.has_channels()) {
    absl::StrAppend(&text, "  images     ", card.height(), "x", card.width(), " pixels, ",
                    Count(card.channels(), "channel"), "\n");
  }
  if (card.has_normalization()) {
    absl::StrAppend(&text, "  mean       ", Join(card.normalization().mean()), "\n  deviation  ",
                    Join(card.normalization().std()), "\n");
  }
  if (card.has_accuracy()) {
    absl::StrAppendFormat(&text, "  accuracy   %.2f %% top-1 declared\n", card.accuracy());
  }
  return text;
}

std::string PresetLines(const FittingPresets& found, const std::string& path, bool has_card) {
  std::string text;
  for (const FittingPreset& preset : found.presets) {
    absl::StrAppend(&text, "fits the model preset ", preset.name, " with ",
                    Count(preset.num_classes, "class", "es"), " and ",
                    Count(preset.channels, "channel"), "\n");
  }
  if (!found.presets.empty()) {
    const FittingPreset& first = found.presets.front();
    absl::StrAppend(&text, "\n  dfkd eval --model=", first.name, " --weights=", path,
                    " --data=…\n  dfkd predict --model=", first.name,
                    has_card ? "" : absl::StrCat(" --num_classes=", first.num_classes),
                    " --weights=", path, " --input=… --output=…\n");
  } else if (2 * found.nearest_equal >= found.nearest_total && found.nearest_total > 0) {
    absl::StrAppend(&text, "fits no model preset of this program; the nearest is ", found.nearest,
                    ": ", found.nearest_equal, " of ", found.nearest_total,
                    " tensors have its names and shapes\n");
  } else {
    absl::StrAppend(&text, "fits no model preset of this program (`dfkd list --category=model`)\n");
  }
  return text;
}

}  // namespace

std::string DescribeTensors(const WeightFile& file) {
  std::string text = absl::StrCat(Sums(file), "\n", TensorLines(file));
  if (file.metadata.empty()) return text;
  absl::StrAppend(&text, "\nmetadata\n");
  for (const auto& [key, value] : file.metadata) {
    absl::StrAppend(&text, "  ", VisibleText(key), ": ", VisibleText(value), "\n");
  }
  return text;
}

std::string DescribeClassifier(const WeightFile& file, const std::string& path) {
  std::string text;
  const auto metadata = file.metadata.find(kCardMetadataKey);
  bool has_card = false;
  if (metadata != file.metadata.end()) {
    const auto card = CardFromText(metadata->second, path);
    has_card = card.ok();
    absl::StrAppend(&text, "\n",
                    card.ok() ? CardLines(*card)
                              : absl::StrCat("its card cannot be read: ",
                                             VisibleText(card.status().message()), "\n"));
  }
  absl::StrAppend(&text, "\n", PresetLines(FindFittingPresets(file), path, has_card));
  return text;
}

}  // namespace dfkd
