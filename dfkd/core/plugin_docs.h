// What `dfkd list` prints and docs/reference holds: every plugin, preset and shipped spec in this
// program, described by its schema.
#ifndef DFKD_CORE_PLUGIN_DOCS_H_
#define DFKD_CORE_PLUGIN_DOCS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/embedded.h"

namespace google::protobuf {
class Descriptor;
}

namespace dfkd {

// Files of a kind of their own beside specs, such as studies: a category here.
struct DocumentedFile {
  std::string category;  // also that of the files that are embedded
  std::string title;     // of the shipped ones: "shipped studies"
  const google::protobuf::Descriptor* (*type)() = nullptr;
  std::string (*description)(const EmbeddedFile& file) = nullptr;  // one line
};
// Before main.
bool AddDocumentedFile(DocumentedFile file);

// Categories of the linked plugins and kinds of files, sorted, and "experiment": the spec itself.
std::vector<std::string> DocumentedCategories();

// `format`: "text", "markdown" or "json". `category` "" means all; as text that is an overview of
// names, while one category shows the fields as well. docs/reference/CATEGORY.md is the markdown of
// one category. ConfigError for what is not known.
absl::StatusOr<std::string> RenderPlugins(absl::string_view category, absl::string_view format);

}  // namespace dfkd

#endif  // DFKD_CORE_PLUGIN_DOCS_H_
