#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/files.h"
#include "dfkd/core/item_name.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/set_override.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/run_argument.h"
#include "dfkd/measures/measure.h"
#include "dfkd/train/analyse_run.h"
#include "dfkd/train/run.h"
#include "gflags/gflags.h"

DEFINE_string(measures, "",
              "these alone, by name, separated by commas (default: all that the run can support)");

namespace dfkd {
namespace {

using google::protobuf::Any;

std::vector<std::string> LinkedMeasures() {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(Measure::kCategory)) {
    names.push_back(plugin->name);
  }
  return names;
}

// As the run's spec sets it, else with its defaults.
absl::StatusOr<std::vector<Any>> ConfigsOf(const std::string& name, const Experiment& spec) {
  std::vector<Any> configs;
  for (const Any& config : spec.evaluation().measures()) {
    if (ConfigName(config) == name) configs.push_back(config);
  }
  if (!configs.empty()) return configs;
  const PluginInfo* plugin = PluginCatalog::Get().FindByName(Measure::kCategory, name);
  if (plugin == nullptr) {
    return ConfigError(absl::StrCat("--measures names \"", name, "\", which is no measure",
                                    DidYouMean(name, LinkedMeasures())));
  }
  configs.emplace_back().PackFrom(*plugin->config_prototype);
  return configs;
}

absl::Status ChooseMeasures(const Invocation& invocation, Experiment* spec) {
  std::vector<std::string> names = absl::StrSplit(FLAGS_measures, ',', absl::SkipEmpty());
  if (names.empty()) names = LinkedMeasures();
  std::vector<Any> chosen;
  for (const std::string& name : names) {
    DFKD_ASSIGN_OR_RETURN(const std::vector<Any> configs, ConfigsOf(name, *spec));
    chosen.insert(chosen.end(), configs.begin(), configs.end());
  }
  auto* measures = spec->mutable_evaluation()->mutable_measures();
  measures->Clear();
  for (Any& config : chosen) measures->Add(std::move(config));
  for (const std::string& assignment : invocation.sets) {
    DFKD_RETURN_IF_ERROR(ApplySet(assignment, spec));
  }
  return absl::OkStatus();
}

absl::Status Analyse(const Invocation& invocation) {
  DFKD_ASSIGN_OR_RETURN(RunArgument run, ReadRunArgument(invocation));
  DFKD_RETURN_IF_ERROR(ChooseMeasures(invocation, &run.spec));
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec resolved, ResolveExperiment(run.spec, run.spec_file));
  AnalyseOptions options;
  options.spec = resolved.spec;
  options.run_dir = run.dir;
  options.seed = run.seed;
  options.leave_out = FLAGS_measures.empty();
  options.keep_others = !FLAGS_measures.empty();
  options.files = FileSystem::Posix();
  DFKD_ASSIGN_OR_RETURN(const Analysis analysis, AnalyseRun(options));
  const std::string report = JoinPath(run.dir, "report.html");
  DFKD_RETURN_IF_ERROR(WriteReport(FileSystem::Posix(), {run.dir}, report).status());
  std::cout << DescribeAnalysis(analysis) << "\nof the run after round " << analysis.round
            << "\npictures  " << JoinPath(run.dir, "student/analysis") << "\nreport    " << report
            << "\n";
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "analyse",
    .usage = "analyse RUN_DIR",
    .summary = "Takes further measures and pictures of a run, and shows them in its report.",
    .details =
        "Inception Score, diversity, coverage, t-SNE maps, class activation maps and more: see "
        "`list --category=measure`. They are taken of the run in the state of its last checkpoint, "
        "also of one that is not finished; but for RUN_DIR/student/analysis and report.html the "
        "folder is not changed. A spec can ask for measures in `evaluation.measures`; the run then "
        "takes them after its last round.\n\n"
        "Without --measures, whatever the run cannot support is left out, and the output says why; "
        "with it, what was taken before of other measures stays. --set changes a measure's fields. "
        "Equal --seed, equal numbers.\n\n"
        "  dfkd analyse runs/quickstart\n"
        "  dfkd analyse runs/quickstart --measures=diversity,tsne "
        "--set='evaluation.measures[tsne].images=200'\n"
        "  dfkd analyse runs/quickstart --measures=inception_score \\\n"
        "    --set='evaluation.measures[inception_score].judge={preset: \"wrn16_1\" "
        "weights: \"judge.safetensors\"}'",
    .flags = {"measures", "set", "seed", "device", "precision", "threads"},
    .flag_help = {{"seed", "of what the measures draw (default: the run's)"}},
    .min_arguments = 1,
    .max_arguments = 1,
    .run = Analyse,
});

}  // namespace
}  // namespace dfkd
