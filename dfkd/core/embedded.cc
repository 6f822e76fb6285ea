#include "dfkd/core/embedded.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

using Key = std::pair<absl::string_view, absl::string_view>;

std::vector<EmbeddedFile>& Added() {
  static auto* files = new std::vector<EmbeddedFile>();
  return *files;
}

// Built at the first look-up, when every file has been added.
const std::map<Key, EmbeddedFile>& ByName() {
  static const auto* by_name = [] {
    auto* map = new std::map<Key, EmbeddedFile>();
    for (const EmbeddedFile& file : Added()) {
      auto [it, inserted] = map->emplace(Key(file.category, file.name), file);
      CHECK(inserted) << "the " << file.category << " \"" << file.name
                      << "\" is linked twice: " << it->second.path << " and " << file.path;
    }
    return map;
  }();
  return *by_name;
}

}  // namespace

bool AddEmbeddedFile(EmbeddedFile file) {
  Added().push_back(file);
  return true;
}

const EmbeddedFile* FindEmbeddedFile(absl::string_view category, absl::string_view name) {
  auto it = ByName().find(Key(category, name));
  return it == ByName().end() ? nullptr : &it->second;
}

std::vector<const EmbeddedFile*> ListEmbeddedFiles(absl::string_view category) {
  std::vector<const EmbeddedFile*> files;
  for (const auto& [key, file] : ByName()) {
    if (key.first == category) files.push_back(&file);
  }
  return files;
}

}  // namespace dfkd
