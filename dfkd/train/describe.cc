#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/report/html_report.h"
#include "dfkd/report/results.h"
#include "dfkd/report/run_folder.h"
#include "dfkd/train/run.h"

namespace dfkd {
namespace {

std::string TableOf(const std::vector<RunFolder>& runs) { return RenderResults(ResultsOf(runs)); }

}  // namespace

absl::StatusOr<std::string> WriteReport(FileSystem* files, const std::vector<std::string>& run_dirs,
                                        const std::string& path) {
  std::vector<RunFolder> runs;
  for (const std::string& dir : run_dirs) {
    DFKD_ASSIGN_OR_RETURN(RunFolder run, ReadRunFolder(dir));
    runs.push_back(std::move(run));
  }
  DFKD_RETURN_IF_ERROR(WriteHtmlReport(runs, files, path));
  return TableOf(runs);
}

std::string DescribeRun(const RunSummary& summary, const std::string& output_dir) {
  std::string text = RenderResults(AggregateResults({{"", summary}}));
  absl::StrAppend(&text, "\nreport    ", JoinPath(output_dir, "report.html"), "\n");
  if (summary.stages.empty()) return text;
  const StageSummary& result = summary.stages.back();
  const std::string stage = JoinPath(output_dir, result.name);
  absl::StrAppend(&text, "pictures  ", JoinPath(stage, "samples"), "\n", "weights   ",
                  JoinPath(output_dir, result.weights), "\n\nIn PyTorch:\n",
                  "  from safetensors.torch import load_file\n  model.load_state_dict(load_file(\"",
                  JoinPath(output_dir, result.weights), "\"))\n");
  return text;
}

}  // namespace dfkd
