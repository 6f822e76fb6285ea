#include "dfkd/core/spec_files.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr char kCategory[] = "experiment";

// Where a spec comes from.
struct Source {
  std::string id;    // equal for two ways to write one file
  std::string path;  // empty for a shipped spec
  std::string name;

  std::string Label() const { return path.empty() ? absl::StrCat("shipped spec ", name) : path; }
};

Source FileSource(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::weakly_canonical(path, error);
  return {error ? path : canonical.string(), path, std::filesystem::path(path).stem().string()};
}

absl::StatusOr<Source> ShippedSource(absl::string_view name) {
  if (FindEmbeddedFile(kCategory, name) != nullptr) {
    return Source{absl::StrCat("shipped ", name), "", std::string(name)};
  }
  std::vector<std::string> names;
  for (const EmbeddedFile* file : ListEmbeddedFiles(kCategory)) names.emplace_back(file->name);
  return ConfigError(
      absl::StrCat("there is no shipped spec \"", name, "\" among ",
                   names.empty() ? "those linked (none)" : absl::StrJoin(names, ", "),
                   DidYouMean(name, names), "; a file's path ends in .textproto or holds a slash"));
}

absl::StatusOr<Source> BaseSource(const std::string& base, const Source& from) {
  if (!IsSpecPath(base)) return ShippedSource(base);
  if (from.path.empty()) {
    return ConfigError(absl::StrCat("\"", base,
                                    "\" is a path; a shipped spec builds on shipped "
                                    "specs only"));
  }
  return FileSource((std::filesystem::path(from.path).parent_path() / base).string());
}

class Loader {
 public:
  absl::Status Load(const Source& source) {
    if (!done_.insert(source.id).second) return absl::OkStatus();
    open_.push_back(source);
    SpecFile file = {source.name, source.Label(), {}};
    DFKD_RETURN_IF_ERROR(Read(source, &file.content));
    for (const std::string& base : file.content.base()) {
      auto base_source = BaseSource(base, source);
      if (!base_source.ok())
        return Annotate(base_source.status(), absl::StrCat(file.label, ": base"));
      DFKD_RETURN_IF_ERROR(RefuseCycle(*base_source));
      DFKD_RETURN_IF_ERROR(Load(*base_source));
    }
    open_.pop_back();
    files_.push_back(std::move(file));
    return absl::OkStatus();
  }

  std::vector<SpecFile> Take() { return std::move(files_); }

 private:
  static absl::Status Read(const Source& source, Experiment* content) {
    if (source.path.empty()) {
      const EmbeddedFile* file = FindEmbeddedFile(kCategory, source.name);
      return ParseTextproto(file->text, file->path, content);
    }
    DFKD_ASSIGN_OR_RETURN(const std::string text,
                          ReadFile(source.path, static_cast<int64_t>(kMaxTextprotoBytes)));
    return ParseTextproto(text, source.path, content);
  }

  absl::Status RefuseCycle(const Source& base) const {
    auto first = std::find_if(open_.begin(), open_.end(),
                              [&](const Source& open) { return open.id == base.id; });
    if (first == open_.end()) return absl::OkStatus();
    std::vector<std::string> labels;
    for (; first != open_.end(); ++first) labels.push_back(first->Label());
    return ConfigError(absl::StrCat(labels.front(), " builds on itself: ",
                                    absl::StrJoin(labels, " -> "), " -> ", labels.front()));
  }

  std::set<std::string> done_;
  std::vector<Source> open_;  // from the top to the file that is being read
  std::vector<SpecFile> files_;
};

}  // namespace

bool IsSpecPath(absl::string_view path_or_name) {
  return absl::EndsWith(path_or_name, ".textproto") || absl::StrContains(path_or_name, "/");
}

absl::StatusOr<std::vector<SpecFile>> LoadSpecFiles(absl::string_view path_or_name) {
  Source source;
  if (IsSpecPath(path_or_name)) {
    source = FileSource(std::string(path_or_name));
  } else {
    DFKD_ASSIGN_OR_RETURN(source, ShippedSource(path_or_name));
  }
  Loader loader;
  DFKD_RETURN_IF_ERROR(loader.Load(source));
  return loader.Take();
}

}  // namespace dfkd
