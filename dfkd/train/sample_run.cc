#include "dfkd/train/sample_run.h"

#include <ATen/ops/isin.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/report/csv.h"
#include "dfkd/report/png.h"
#include "dfkd/report/recorder.h"
#include "dfkd/report/row_titles.h"
#include "dfkd/train/open_run.h"
#include "dfkd/train/sample_pictures.h"

namespace dfkd {
namespace {

absl::StatusOr<std::vector<int64_t>> ClassIndices(const std::vector<std::string>& asked,
                                                  const std::vector<std::string>& names) {
  std::vector<int64_t> indices;
  if (asked.empty()) {
    for (size_t i = 0; i < names.size(); ++i) indices.push_back(static_cast<int64_t>(i));
  }
  for (const std::string& name : asked) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return ConfigError(
          absl::StrCat("the run's teacher has no class \"", name, "\"", DidYouMean(name, names)));
    }
    indices.push_back(found - names.begin());
  }
  return indices;
}

// `count` labels of the classes, in turn.
at::Tensor SpreadLabels(const std::vector<int64_t>& classes, int64_t count) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < count; ++i) {
    labels.push_back(classes[static_cast<size_t>(i) % classes.size()]);
  }
  return at::tensor(labels, at::kLong);
}

// The newest images of the asked classes; undefined where the pool has none.
Method::Samples FromPool(const Pool& pool, const std::vector<int64_t>& classes, int64_t num_classes,
                         int64_t count) {
  const auto size = static_cast<int64_t>(classes.size());
  const Method::Samples all =
      NewestPerClass(pool, num_classes, (count + size - 1) / size, num_classes);
  if (!all.images.defined()) return {};
  const at::Tensor asked = at::isin(all.labels, at::tensor(classes, at::kLong)).nonzero().flatten();
  if (asked.size(0) == 0) return {};
  return {all.images.index_select(0, asked), all.labels.index_select(0, asked)};
}

// Images of a method without labels, as for a teacher of pixels, show no class in particular.
absl::Status ForgetLabelsUnlessMeant(const SampleOptions& options, SampledImages* samples) {
  DFKD_ASSIGN_OR_RETURN(const Contract method,
                        Registry<Method>::Get().GetContract(options.spec.method(), "method"));
  if (method.provides.Has(Capability::kLabels)) return absl::OkStatus();
  if (!options.classes.empty()) {
    return ConfigError("--classes: this run's images are made without labels; leave it out");
  }
  samples->labels.fill_(-1);
  return absl::OkStatus();
}

// What the method makes, else what the pool keeps.
absl::Status Draw(const SampleOptions& options, const std::vector<int64_t>& classes,
                  Assembly& parts, SampledImages* samples) {
  RandomStream random(options.seed, "sample");
  samples->labels = SpreadLabels(classes, options.count);
  DFKD_ASSIGN_OR_RETURN(samples->images, parts.method->SampleClasses(samples->labels, random));
  samples->source = "made anew by the run's generator";
  if (samples->images.defined()) return ForgetLabelsUnlessMeant(options, samples);

  Method::Samples kept;
  if (options.classes.empty()) kept = parts.method->Sample(options.count);
  if (!kept.images.defined() && parts.pools != nullptr) {
    kept = FromPool(parts.pools->pool(), classes, static_cast<int64_t>(samples->class_names.size()),
                    options.count);
    samples->source =
        "the newest images of the run's pool: its method cannot be asked for new ones by class";
  }
  if (!kept.images.defined()) {
    return ConfigError(absl::StrCat(options.run_dir,
                                    ": the method of this run makes no images, or has made none of "
                                    "these classes yet"));
  }
  samples->images = kept.images;
  samples->labels = kept.labels;
  return absl::OkStatus();
}

constexpr int64_t kMostRowsBytes = int64_t{64} << 20;

std::vector<std::string> RowsHeader() { return {"row", "class", "name", "images"}; }

}  // namespace

absl::StatusOr<SampledImages> SampleRun(const SampleOptions& options) {
  OpenRunOptions open;
  open.spec = options.spec;
  open.run_dir = options.run_dir;
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<OpenedRun> run, OpenRun(open));
  const TeacherCard& card = run->parts->card;
  SampledImages samples;
  samples.round = run->round;
  samples.class_names = {card.class_name().begin(), card.class_name().end()};
  DFKD_ASSIGN_OR_RETURN(const std::vector<int64_t> classes,
                        ClassIndices(options.classes, samples.class_names));
  DFKD_RETURN_IF_ERROR(Draw(options, classes, *run->parts, &samples));
  samples.images = samples.images.cpu();
  return samples;
}

absl::StatusOr<std::string> SampleRowsPath(const std::string& path) {
  const std::string rows = std::filesystem::path(path).replace_extension(".csv").string();
  if (absl::EqualsIgnoreCase(rows, path)) {
    return ConfigError(absl::StrCat(path,
                                    " is to be a picture (PNG), with its table (CSV) beside "
                                    "it; name it .png"));
  }
  if (!FileExists(rows)) return rows;
  const absl::StatusOr<std::string> before = ReadFile(rows, kMostRowsBytes);
  if (before.ok() && absl::StartsWith(*before, FormatCsvRow(RowsHeader()))) return rows;
  return ConfigError(absl::StrCat(rows,
                                  " is there already and is no table of `sample`, which would "
                                  "replace it; name another picture"));
}

absl::StatusOr<std::string> WriteSampleGrid(FileSystem* files, const SampledImages& samples,
                                            const std::string& path) {
  const int64_t channels = samples.images.size(1);
  if (channels != 1 && channels != 3) {
    return ConfigError(
        absl::StrCat("images of ", channels, " channels have no picture; must be 1 or 3"));
  }
  const int64_t total = samples.images.size(0);
  GridOptions grid_options;
  grid_options.columns = total;
  const ClassGrid grid = ImageGridByClass(samples.images, samples.labels, grid_options, total);
  std::vector<std::string> titles;
  std::string csv = FormatCsvRow(RowsHeader());
  for (size_t row = 0; row < grid.classes.size(); ++row) {
    const int64_t label = grid.classes[row];
    titles.push_back(label < 0 ? "any class" : samples.class_names[label]);
    const int64_t images = samples.labels.eq(label).sum().item<int64_t>();
    csv +=
        FormatCsvRow({absl::StrCat(row), absl::StrCat(label), titles.back(), absl::StrCat(images)});
  }
  DFKD_ASSIGN_OR_RETURN(const std::string png,
                        EncodePng(grid.image, {{Recorder::kEpochText, absl::StrCat(samples.round)},
                                               {Recorder::kRowsText, RowTitlesToText(titles)}}));
  DFKD_ASSIGN_OR_RETURN(const std::string csv_path, SampleRowsPath(path));
  DFKD_RETURN_IF_ERROR(WriteFileAtomically(files, path, png));
  DFKD_RETURN_IF_ERROR(WriteFileAtomically(files, csv_path, csv));
  return csv_path;
}

}  // namespace dfkd
