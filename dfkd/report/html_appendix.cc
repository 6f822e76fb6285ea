// How to load the weights, and the settings, in report.html.
#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/spec_diff.h"
#include "dfkd/report/html.h"
#include "dfkd/report/html_sections.h"

namespace dfkd {
namespace {

// The weights that count as the run's result: its student's, else any.
std::string ResultWeights(const RunFolder& run) {
  std::string any;
  for (const StageFolder& folder : run.stages) {
    const StageSummary& stage = run.SummaryOf(folder);
    std::string file = stage.weights;
    if (file.empty() && !folder.weights.empty()) file = folder.weights.front();
    if (!file.empty() && stage.role == StageRole::kStudent) return file;
    if (any.empty()) any = file;
  }
  return any;
}

// A Python literal.
std::string PythonString(absl::string_view text) {
  std::string literal = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') literal.push_back('\\');
    literal.push_back(c == '\n' ? ' ' : c);
  }
  return literal + "\"";
}

std::string WeightFiles(const RunFolder& run) {
  std::string items;
  for (const StageFolder& stage : run.stages) {
    for (const std::string& file : stage.weights) {
      absl::StrAppend(&items, items.empty() ? "" : ", ", "<code>", EscapeHtml(file), "</code>");
    }
  }
  return items.empty() ? "" : absl::StrCat("<p class=\"hint\">In this folder: ", items, ".</p>\n");
}

std::string SettingsOf(const RunFolder& run) {
  std::string html;
  if (!run.command.empty()) {
    absl::StrAppend(&html, "<pre>", EscapeHtml(run.command), "</pre>\n");
  }
  if (!run.resolved.empty()) {
    absl::StrAppend(&html, "<details><summary>Every setting (resolved.textproto)</summary><pre>",
                    EscapeHtml(run.resolved), "</pre></details>\n");
  }
  return html;
}

// How the group's settings depart from the first group's.
std::string Differences(const RunGroup& first, const RunGroup& group) {
  if (!first.runs.front()->experiment || !group.runs.front()->experiment) return "";
  Experiment theirs = *first.runs.front()->experiment;
  Experiment ours = *group.runs.front()->experiment;
  theirs.mutable_train()->clear_seed();
  ours.mutable_train()->clear_seed();
  std::string lines;
  for (const std::string& line : DiffSpecs(theirs, ours)) {
    absl::StrAppend(&lines, EscapeHtml(line), "\n");
  }
  if (lines.empty()) return "";
  return absl::StrCat("<p class=\"hint\">What differs from ", EscapeHtml(first.label),
                      ":</p>\n<pre>", lines, "</pre>\n");
}

}  // namespace

std::string WeightsSection(const std::vector<RunGroup>& groups) {
  const RunFolder& run = *groups.front().runs.front();
  const std::string weights = ResultWeights(run);
  std::string html = "<section id=\"weights\"><h2>Weights in PyTorch</h2>\n<div class=\"card\">\n";
  if (weights.empty()) {
    return absl::StrCat(html,
                        "<p class=\"none\">The run has no weights yet.</p></div></section>\n");
  }
  const std::string code = absl::StrCat(
      "from safetensors import safe_open\n"
      "from safetensors.torch import load_file\n\n"
      "path = ",
      PythonString(JoinPath(run.path, weights)),
      "\n"
      "model.load_state_dict(load_file(path))  # model: your PyTorch module of this architecture\n"
      "model.eval()\n\n"
      "with safe_open(path, \"pt\") as file:     # class names, normalisation, image size\n"
      "    print((file.metadata() or {}).get(\"dfkd.card\"))\n");
  return absl::StrCat(html,
                      "<p class=\"hint\">Names and shapes are those of PyTorch's "
                      "<code>state_dict</code>: <code>pip install safetensors</code>, "
                      "then</p>\n<pre>",
                      EscapeHtml(code), "</pre>\n", WeightFiles(run), "</div></section>\n");
}

std::string SettingsSection(const std::vector<RunGroup>& groups) {
  std::string html = "<section id=\"settings\"><h2>Settings</h2>\n";
  for (const RunGroup& group : groups) {
    const RunFolder& first = *group.runs.front();
    absl::StrAppend(&html, "<div class=\"card\">");
    if (groups.size() > 1) absl::StrAppend(&html, "<h3>", EscapeHtml(group.label), "</h3>\n");
    if (&group != &groups.front()) absl::StrAppend(&html, Differences(groups.front(), group));
    absl::StrAppend(
        &html, "<p class=\"hint\">",
        group.runs.size() > 1 ? "The first of several runs that differ in the seed: " : "Folder: ",
        "<code>", EscapeHtml(first.path), "</code></p>\n", SettingsOf(first), "</div>\n");
  }
  return html + "</section>\n";
}

}  // namespace dfkd
