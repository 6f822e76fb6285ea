#include "dfkd/core/plugin_docs.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/schema_docs.h"
#include "dfkd/core/status.h"
#include "nlohmann/json.hpp"

namespace dfkd {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kExperiment[] = "experiment";

// Text.

// Two columns, the first padded to the longest name.
using Row = std::pair<std::string, std::string>;
std::string Columns(const std::vector<Row>& rows, int indent) {
  size_t width = 0;
  for (const auto& [name, text] : rows) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, text] : rows) {
    absl::StrAppendFormat(&out, "%*s%-*s  %s\n", indent, "", static_cast<int>(width), name, text);
  }
  return out;
}

// "double in [0, 1), default 0.9, required"
std::string FieldSummary(const FieldDoc& field) {
  std::vector<std::string> parts = {field.type};
  if (!field.limits.empty()) parts[0] += " " + field.limits;
  if (!field.unit.empty()) parts[0] += " " + field.unit;
  if (!field.default_value.empty()) parts.push_back("default " + field.default_value);
  if (field.required) parts.push_back("required");
  return absl::StrJoin(parts, ", ");
}

std::string FieldsAsText(const std::vector<FieldDoc>& fields) {
  std::vector<Row> rows;
  for (const FieldDoc& field : fields) {
    std::string text = FieldSummary(field);
    if (!field.help.empty()) absl::StrAppend(&text, ": ", field.help);
    if (!field.paper.empty()) absl::StrAppend(&text, " [", field.paper, "]");
    rows.emplace_back(field.name, text);
  }
  return Columns(rows, 4);
}

std::string PresetsAsText(const CategoryDoc& doc, int indent) {
  std::vector<Row> rows;
  for (const PresetDoc& preset : doc.presets) rows.emplace_back(preset.name, preset.help);
  return Columns(rows, indent);
}

// Names and what they are.
std::string OverviewAsText(const CategoryDoc& doc) {
  std::string out = doc.name + "\n";
  std::vector<Row> rows;
  for (const PluginDoc& plugin : doc.plugins) rows.emplace_back(plugin.name, plugin.help);
  absl::StrAppend(&out, Columns(rows, 2));
  if (!doc.presets.empty()) {
    absl::StrAppend(&out, "  ", doc.presets_title, ":\n", PresetsAsText(doc, 4));
  }
  return out;
}

std::string CategoryAsText(const CategoryDoc& doc) {
  std::string out;
  for (const PluginDoc& plugin : doc.plugins) {
    absl::StrAppend(&out, plugin.name, "  ", plugin.type, "\n  ", plugin.help, "\n");
    if (!plugin.paper.empty()) absl::StrAppend(&out, "  Source: ", plugin.paper, "\n");
    absl::StrAppend(&out, FieldsAsText(plugin.fields), "\n");
  }
  for (const MessageDoc& message : doc.messages) {
    absl::StrAppend(&out, message.name, "\n", FieldsAsText(message.fields), "\n");
  }
  if (!doc.presets.empty()) absl::StrAppend(&out, doc.presets_title, "\n", PresetsAsText(doc, 2));
  return out;
}

// Markdown.

std::string Cell(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}, {"<", "&lt;"}});
}

std::string Code(absl::string_view text) {
  return text.empty() ? "" : absl::StrCat("`", text, "`");
}

std::string FieldsAsMarkdown(const std::vector<FieldDoc>& fields) {
  if (fields.empty()) return "No fields.\n";
  std::string out =
      "| field | type | default | limits | meaning | source |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const FieldDoc& field : fields) {
    const std::string limits = absl::StrCat(
        field.required ? "required" : "", field.required && !field.limits.empty() ? ", " : "",
        field.limits, field.unit.empty() ? "" : " ", field.unit);
    absl::StrAppend(&out, "| ", Code(field.name), " | ", Cell(field.type), " | ",
                    Code(Cell(field.default_value)), " | ", Cell(limits), " | ", Cell(field.help),
                    " | ", Cell(field.paper), " |\n");
  }
  return out;
}

std::string CategoryAsMarkdown(const CategoryDoc& doc) {
  std::string out = absl::StrCat("# ", doc.name, "\n\nMade by `dfkd list --category=", doc.name,
                                 " --format=markdown`.\n");
  for (const PluginDoc& plugin : doc.plugins) {
    absl::StrAppend(&out, "\n## ", plugin.name, "\n\n", plugin.help, "\n\n");
    if (!plugin.paper.empty()) absl::StrAppend(&out, "Source: ", plugin.paper, ".\n\n");
    absl::StrAppend(&out, FieldsAsMarkdown(plugin.fields), "\n```textproto\n[type.googleapis.com/",
                    plugin.type, "] {", plugin.example.empty() ? "" : " ", plugin.example,
                    plugin.example.empty() ? "" : " ", "}\n```\n\nCode: ", Code(plugin.source),
                    "\n");
  }
  for (const MessageDoc& message : doc.messages) {
    absl::StrAppend(&out, "\n## ", message.name, "\n\n", FieldsAsMarkdown(message.fields));
  }
  if (!doc.presets.empty()) {
    absl::StrAppend(&out, "\n## ", doc.presets_title, "\n\n| name | what | file |\n",
                    "| --- | --- | --- |\n");
    for (const PresetDoc& preset : doc.presets) {
      absl::StrAppend(&out, "| ", Code(preset.name), " | ", Cell(preset.help), " | ",
                      Code(preset.path), " |\n");
    }
  }
  return out;
}

// JSON.

Json FieldsAsJson(const std::vector<FieldDoc>& fields) {
  Json out = Json::array();
  for (const FieldDoc& field : fields) {
    out.push_back({{"name", field.name},
                   {"type", field.type},
                   {"default", field.default_value},
                   {"limits", field.limits},
                   {"unit", field.unit},
                   {"required", field.required},
                   {"help", field.help},
                   {"paper", field.paper}});
  }
  return out;
}

Json CategoryAsJson(const CategoryDoc& doc) {
  Json plugins = Json::array(), messages = Json::array(), presets = Json::array();
  for (const PluginDoc& plugin : doc.plugins) {
    plugins.push_back({{"name", plugin.name},
                       {"type", plugin.type},
                       {"source", plugin.source},
                       {"help", plugin.help},
                       {"paper", plugin.paper},
                       {"example", plugin.example},
                       {"fields", FieldsAsJson(plugin.fields)}});
  }
  for (const MessageDoc& message : doc.messages) {
    messages.push_back({{"name", message.name}, {"fields", FieldsAsJson(message.fields)}});
  }
  for (const PresetDoc& preset : doc.presets) {
    presets.push_back({{"name", preset.name}, {"help", preset.help}, {"path", preset.path}});
  }
  return {
      {"category", doc.name}, {"plugins", plugins}, {"messages", messages}, {"presets", presets}};
}

std::string AllAsJson(const std::vector<CategoryDoc>& docs) {
  Json out = Json::array();
  for (const CategoryDoc& doc : docs) out.push_back(CategoryAsJson(doc));
  return out.dump(2) + "\n";
}

}  // namespace

std::vector<std::string> DocumentedCategories() {
  std::vector<std::string> categories = {kExperiment};
  for (const PluginInfo* plugin : PluginCatalog::Get().List())
    categories.push_back(plugin->category);
  for (const DocumentedFile& file : DocumentedFiles()) categories.push_back(file.category);
  std::sort(categories.begin(), categories.end());
  categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
  return categories;
}

absl::StatusOr<std::string> RenderPlugins(absl::string_view category, absl::string_view format) {
  const std::vector<std::string> known = DocumentedCategories();
  if (!category.empty() && std::find(known.begin(), known.end(), category) == known.end()) {
    return ConfigError(absl::StrCat("there is no category \"", category, "\" among ",
                                    absl::StrJoin(known, ", "), DidYouMean(category, known)));
  }
  std::vector<CategoryDoc> docs;
  for (const std::string& name : known) {
    if (category.empty() || category == name) docs.push_back(DescribeCategory(name));
  }
  if (format == "json") return AllAsJson(docs);
  if (format != "text" && format != "markdown") {
    return ConfigError(
        absl::StrCat("the format is \"", format, "\"; must be text, markdown or json"));
  }
  std::vector<std::string> pages;
  for (const CategoryDoc& doc : docs) {
    pages.push_back(format == "markdown" ? CategoryAsMarkdown(doc)
                    : category.empty()   ? OverviewAsText(doc)
                                         : CategoryAsText(doc));
  }
  return absl::StrJoin(pages, "\n");
}

}  // namespace dfkd
