#include "dfkd/data/class_folders.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "dfkd/core/files.h"
#include "dfkd/core/folders.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr std::array<absl::string_view, 3> kRead = {".png", ".jpg", ".jpeg"};
constexpr std::array<absl::string_view, 8> kNotRead = {".webp", ".bmp", ".gif", ".tif",
                                                       ".tiff", ".ppm", ".pgm", ".avif"};
// A link that leads back above itself would make folders without end.
constexpr int kMaxDepth = 16;

template <size_t N>
bool EndsInOneOf(absl::string_view name, const std::array<absl::string_view, N>& endings) {
  for (const absl::string_view ending : endings) {
    if (absl::EndsWithIgnoreCase(name, ending)) return true;
  }
  return false;
}

absl::Status AddPictures(const std::string& dir, int depth, std::vector<std::string>* pictures) {
  if (depth > kMaxDepth) {
    return InputFileError(
        absl::StrCat(dir, " lies ", kMaxDepth, " folders deep: does a link lead back?"));
  }
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(dir));
  std::vector<std::string> folders;
  for (const std::string& name : names) {
    if (absl::StartsWith(name, ".")) continue;
    std::string path = JoinPath(dir, name);
    if (IsPicture(name)) {
      pictures->push_back(std::move(path));
    } else if (EndsInOneOf(name, kNotRead)) {
      return InputFileError(
          absl::StrCat(path, " is of a format that is not read; convert it to PNG or JPEG"));
    } else if (IsDirectory(path)) {
      folders.push_back(std::move(path));
    }
  }
  for (const std::string& folder : folders) {
    DFKD_RETURN_IF_ERROR(AddPictures(folder, depth + 1, pictures));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<FolderClass>> ParseClassFile(absl::string_view text,
                                                        absl::string_view path) {
  std::vector<FolderClass> classes;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    const size_t tab = line.find('\t');
    const size_t end = tab != absl::string_view::npos ? tab : line.find(' ');
    const absl::string_view folder = absl::StripAsciiWhitespace(line.substr(0, end));
    absl::string_view name =
        end == absl::string_view::npos ? folder : absl::StripAsciiWhitespace(line.substr(end));
    name = absl::StripAsciiWhitespace(name.substr(0, name.find(',')));
    classes.push_back({std::string(folder), std::string(name)});
  }
  if (classes.empty()) return InputFileError(absl::StrCat(path, " names no class"));
  const absl::Status status = CheckClasses(classes, path);
  if (!status.ok()) return InputFileError(status.message());
  return classes;
}

absl::Status CheckClasses(const std::vector<FolderClass>& classes, absl::string_view where) {
  std::set<absl::string_view> folders, names;
  for (const FolderClass& one : classes) {
    if (one.folder.empty() || one.folder == "." || one.folder == ".." ||
        absl::StrContains(one.folder, '/')) {
      return ConfigError(
          absl::StrCat(where, ": \"", one.folder, "\" is not the name of one folder"));
    }
    if (one.name.empty()) {
      return ConfigError(absl::StrCat(where, ": folder ", one.folder, " has an empty class name"));
    }
    if (!folders.insert(one.folder).second) {
      return ConfigError(absl::StrCat(where, ": folder ", one.folder, " stands twice"));
    }
    if (!names.insert(one.name).second) {
      return ConfigError(absl::StrCat(where, ": class name \"", one.name, "\" stands twice"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<FolderClass>> ListClassFolders(const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(dir));
  std::vector<FolderClass> classes;
  for (const std::string& name : names) {
    if (!absl::StartsWith(name, ".") && IsDirectory(JoinPath(dir, name))) {
      classes.push_back({name, name});
    }
  }
  if (classes.empty()) {
    return InputFileError(absl::StrCat(dir, " has no folders; there must be one for each class"));
  }
  return classes;
}

bool IsPicture(absl::string_view name) { return EndsInOneOf(name, kRead); }

absl::StatusOr<std::vector<std::string>> ListPictures(const std::string& dir) {
  std::vector<std::string> pictures;
  DFKD_RETURN_IF_ERROR(AddPictures(dir, 1, &pictures));
  return pictures;
}

absl::StatusOr<LabelledFiles> ListClassPictures(const std::string& dir,
                                                const std::vector<FolderClass>& classes) {
  LabelledFiles files;
  for (size_t label = 0; label < classes.size(); ++label) {
    const std::string folder = JoinPath(dir, classes[label].folder);
    if (!FileExists(folder)) continue;
    DFKD_ASSIGN_OR_RETURN(std::vector<std::string> paths, ListPictures(folder));
    files.labels.insert(files.labels.end(), paths.size(), static_cast<int64_t>(label));
    for (std::string& path : paths) files.paths.push_back(std::move(path));
  }
  return files;
}

const FolderClass* FirstWithoutPictures(const LabelledFiles& files,
                                        const std::vector<FolderClass>& classes) {
  std::vector<bool> seen(classes.size());
  for (const int64_t label : files.labels) seen[label] = true;
  const auto absent = std::find(seen.begin(), seen.end(), false);
  return absent == seen.end() ? nullptr : &classes[absent - seen.begin()];
}

}  // namespace dfkd
