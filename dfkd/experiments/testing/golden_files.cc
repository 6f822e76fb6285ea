#include "dfkd/experiments/testing/golden_files.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/plugin_docs.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/spec_diff.h"
#include "dfkd/core/spec_matrix.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr char kExperiment[] = "experiment";

// "[bn_stat](loss.md#bn_stat), ..."
std::string LinksToPlugins(const std::string& category) {
  std::vector<std::string> links;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(category)) {
    links.push_back(absl::StrCat("[", plugin->name, "](", category, ".md#", plugin->name, ")"));
  }
  return absl::StrJoin(links, ", ");
}

std::string NamesOfFiles(const std::string& category) {
  // Specs and studies are no presets of plugins.
  auto files = ListEmbeddedFiles(category);
  if (files.empty()) files = ListPresets(category);
  std::vector<std::string> names;
  for (const EmbeddedFile* file : files) names.push_back(absl::StrCat("`", file->name, "`"));
  if (category == kExperiment) {
    for (const EmbeddedFile* file : ListEmbeddedFiles("matrix")) {
      names.push_back(absl::StrCat("the cells of `", file->name, "`"));
    }
  }
  return absl::StrJoin(names, ", ");
}

std::string TableOfContents() {
  std::string out =
      "# Reference\n\n"
      "Every field that a spec may hold, with its default, its limits and its source. These pages "
      "are made\nfrom the plugins' own schemas by `tools/update_goldens`, and a test compares "
      "them. `dfkd list` shows\nthe same for the program at hand.\n\n"
      "| category | plugins | presets and shipped specs |\n"
      "| --- | --- | --- |\n";
  for (const std::string& category : DocumentedCategories()) {
    absl::StrAppend(&out, "| [", category, "](", category, ".md) | ", LinksToPlugins(category),
                    " | ", NamesOfFiles(category), " |\n");
  }
  return out;
}

std::string DiffText(absl::string_view title, const ResolvedSpec& a, const ResolvedSpec& b) {
  std::string out = absl::StrCat("# ", title, "\n");
  for (const std::string& line : DiffSpecs(a.spec, b.spec)) absl::StrAppend(&out, line, "\n");
  return out;
}

absl::Status AddResolved(const std::string& name, GoldenFiles* files) {
  DFKD_ASSIGN_OR_RETURN(const Experiment own, ReadShippedSpec(name));
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec resolved, ResolveSpec(name));
  if (own.base_size() == 1) {
    DFKD_ASSIGN_OR_RETURN(const ResolvedSpec base, ResolveSpec(own.base(0)));
    (*files)[absl::StrCat(name, ".diff")] =
        DiffText(absl::StrCat("dfkd diff ", own.base(0), " ", name), base, resolved);
  } else {
    (*files)[absl::StrCat(name, ".textproto")] = resolved.ToFile();
  }
  for (const std::string& base : own.base()) {
    DFKD_ASSIGN_OR_RETURN(const Experiment below, ReadShippedSpec(base));
    for (const Preset& preset : below.presets()) {
      const std::string choice = absl::StrCat("preset=", preset.name());
      DFKD_ASSIGN_OR_RETURN(const ResolvedSpec chosen, ResolveSpec(name, {choice}));
      (*files)[absl::StrCat(name, ".", preset.name(), ".diff")] = DiffText(
          absl::StrCat("dfkd diff ", name, " ", name, " --set=", choice), resolved, chosen);
    }
  }
  return absl::OkStatus();
}

// All cells in one file.
absl::Status AddMatrix(const ShippedMatrix& matrix, GoldenFiles* files) {
  std::string text;
  for (const MatrixCell& cell : matrix.cells) {
    const std::string& base = cell.content.base(0);
    DFKD_ASSIGN_OR_RETURN(const ResolvedSpec below, ResolveSpec(base));
    DFKD_ASSIGN_OR_RETURN(const ResolvedSpec resolved, ResolveSpec(cell.name));
    absl::StrAppend(&text, text.empty() ? "" : "\n",
                    DiffText(absl::StrCat("dfkd diff ", base, " ", cell.name), below, resolved));
  }
  (*files)[absl::StrCat(matrix.name, ".cells")] = std::move(text);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Experiment> ReadShippedSpec(absl::string_view name) {
  const EmbeddedFile* file = FindEmbeddedFile(kExperiment, name);
  if (file == nullptr) return ConfigError(absl::StrCat("no spec ", name, " is shipped"));
  Experiment spec;
  DFKD_RETURN_IF_ERROR(ParseTextproto(file->text, file->path, &spec));
  return spec;
}

absl::StatusOr<GoldenFiles> ReferencePages() {
  GoldenFiles pages = {{"README.md", TableOfContents()}};
  for (const std::string& category : DocumentedCategories()) {
    DFKD_ASSIGN_OR_RETURN(pages[absl::StrCat(category, ".md")],
                          RenderPlugins(category, "markdown"));
  }
  return pages;
}

absl::StatusOr<GoldenFiles> ResolvedSpecs() {
  GoldenFiles files;
  for (const EmbeddedFile* spec : ListEmbeddedFiles(kExperiment)) {
    DFKD_RETURN_IF_ERROR(AddResolved(std::string(spec->name), &files));
  }
  DFKD_ASSIGN_OR_RETURN(const std::vector<ShippedMatrix> matrices, ListShippedMatrices());
  for (const ShippedMatrix& matrix : matrices) {
    DFKD_RETURN_IF_ERROR(AddMatrix(matrix, &files));
  }
  return files;
}

std::string DescribeStale(const GoldenFiles& expected, const std::string& folder) {
  std::string stale;
  for (const auto& [name, content] : expected) {
    const std::string path = JoinPath(folder, name);
    const absl::StatusOr<std::string> committed = ReadFile(path);
    if (!committed.ok()) {
      absl::StrAppend(&stale, path, " is missing\n");
    } else if (*committed != content) {
      absl::StrAppend(&stale, path, " differs from what it should be now:\n", content);
    }
  }
  const absl::StatusOr<std::vector<std::string>> names = ListDirectory(folder);
  if (!names.ok()) return absl::StrCat(stale, names.status().message(), "\n");
  for (const std::string& name : *names) {
    if (!expected.contains(name)) {
      absl::StrAppend(&stale, JoinPath(folder, name), " belongs to nothing\n");
    }
  }
  return stale;
}

}  // namespace dfkd
