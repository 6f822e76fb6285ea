#include "dfkd/core/spec_files.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/spec_matrix.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr char kCategory[] = "experiment";

// Where a spec comes from.
struct Source {
  std::string id;    // equal for two ways to write one file
  std::string path;  // empty for a shipped spec
  std::string name;
  std::optional<Experiment> cell;  // of a matrix file, once it is expanded

  std::string Label() const {
    if (path.empty()) return absl::StrCat("shipped spec ", name);
    return cell.has_value() ? absl::StrCat(path, ":", name) : path;
  }
};

std::string CanonicalPath(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::weakly_canonical(path, error);
  return error ? path : canonical.string();
}

Source FileSource(const std::string& path) {
  return {CanonicalPath(path), path, std::filesystem::path(path).stem().string(), std::nullopt};
}

absl::StatusOr<std::string> ReadSpecFile(const std::string& path) {
  return ReadFile(path, static_cast<int64_t>(kMaxTextprotoBytes));
}

absl::StatusOr<Source> CellSource(const CellPath& at) {
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadSpecFile(at.path));
  DFKD_ASSIGN_OR_RETURN(std::vector<MatrixCell> cells, ExpandMatrix(text, at.path));
  std::vector<std::string> names;
  for (MatrixCell& cell : cells) {
    if (cell.name == at.cell) {
      return Source{absl::StrCat(CanonicalPath(at.path), ":", at.cell), at.path, at.cell,
                    std::move(cell.content)};
    }
    names.push_back(std::move(cell.name));
  }
  return ConfigError(absl::StrCat(at.path, " has no cell \"", at.cell, "\"",
                                  DidYouMean(at.cell, names), "; it has ",
                                  absl::StrJoin(names, ", ")));
}

absl::Status NoShippedSpec(absl::string_view name, const std::vector<ShippedMatrix>& matrices) {
  std::vector<std::string> shown;
  for (const EmbeddedFile* file : ListEmbeddedFiles(kCategory)) shown.emplace_back(file->name);
  std::vector<std::string> names = shown;
  for (const ShippedMatrix& matrix : matrices) {
    shown.push_back(absl::StrCat("the ", matrix.cells.size(), " of ", matrix.name));
    for (const MatrixCell& cell : matrix.cells) names.push_back(cell.name);
  }
  return ConfigError(
      absl::StrCat("there is no shipped spec \"", name, "\" among ",
                   names.empty() ? "those linked (none)" : absl::StrJoin(shown, ", "),
                   DidYouMean(name, names), "; a file's path ends in .textproto or holds a slash"));
}

absl::StatusOr<Source> ShippedSource(absl::string_view name) {
  Source source = {absl::StrCat("shipped ", name), "", std::string(name), std::nullopt};
  if (FindEmbeddedFile(kCategory, name) != nullptr) return source;
  DFKD_ASSIGN_OR_RETURN(std::vector<ShippedMatrix> matrices, ListShippedMatrices());
  for (ShippedMatrix& matrix : matrices) {
    for (MatrixCell& cell : matrix.cells) {
      if (cell.name != name) continue;
      source.cell = std::move(cell.content);
      return source;
    }
  }
  return NoShippedSpec(name, matrices);
}

absl::StatusOr<Source> SourceOf(const std::string& path_or_name) {
  const std::optional<CellPath> cell = ParseCellPath(path_or_name);
  if (cell.has_value()) return CellSource(*cell);
  if (!IsSpecPath(path_or_name)) return ShippedSource(path_or_name);
  return FileSource(path_or_name);
}

absl::StatusOr<Source> BaseSource(const std::string& base, const Source& from) {
  if (!IsSpecPath(base)) return ShippedSource(base);
  if (from.path.empty()) {
    return ConfigError(absl::StrCat("\"", base,
                                    "\" is a path; a shipped spec builds on shipped "
                                    "specs only"));
  }
  return SourceOf((std::filesystem::path(from.path).parent_path() / base).string());
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
    if (source.cell.has_value()) {
      *content = *source.cell;
      return absl::OkStatus();
    }
    if (source.path.empty()) {
      const EmbeddedFile* file = FindEmbeddedFile(kCategory, source.name);
      return ParseTextproto(file->text, file->path, content);
    }
    DFKD_ASSIGN_OR_RETURN(const std::string text, ReadSpecFile(source.path));
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

absl::StatusOr<std::vector<SpecFile>> LoadSpecFiles(absl::string_view path_or_name) {
  DFKD_ASSIGN_OR_RETURN(const Source source, SourceOf(std::string(path_or_name)));
  Loader loader;
  DFKD_RETURN_IF_ERROR(loader.Load(source));
  return loader.Take();
}

}  // namespace dfkd
