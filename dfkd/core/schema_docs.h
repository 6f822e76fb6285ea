// The schema as plain values, from which plugin_docs.h renders every format.
#ifndef DFKD_CORE_SCHEMA_DOCS_H_
#define DFKD_CORE_SCHEMA_DOCS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/core/plugin_docs.h"

namespace dfkd {

struct FieldDoc {
  std::string name;
  std::string type;           // "double", "list of loss configs", "one of LAST, BEST"
  std::string default_value;  // "" where there is none
  std::string limits;         // "in [0, 1)", "at least 1 item"
  std::string unit;
  std::string help;  // with a word on fields that are on their way out
  std::string paper;
  bool required = false;
};

struct MessageDoc {
  std::string name;  // "LossSpec"
  std::vector<FieldDoc> fields;
};

struct PluginDoc {
  std::string name;
  std::string type;  // "dfkd.BnStatConfig"
  std::string source;
  std::string help;
  std::string paper;
  std::string example;
  std::vector<FieldDoc> fields;
};

// A preset or a shipped spec.
struct PresetDoc {
  std::string name;
  std::string help;
  std::string path;
};

struct CategoryDoc {
  std::string name;
  std::vector<PluginDoc> plugins;
  // Messages that the plugins' fields hold and that no other page describes.
  std::vector<MessageDoc> messages;
  std::string presets_title = "presets";
  std::vector<PresetDoc> presets;
};

const std::vector<DocumentedFile>& DocumentedFiles();

// "experiment", and each kind of DocumentedFiles(), is described as a category without plugins
// whose messages are those of such a file.
CategoryDoc DescribeCategory(absl::string_view category);

}  // namespace dfkd

#endif  // DFKD_CORE_SCHEMA_DOCS_H_
