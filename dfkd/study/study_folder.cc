#include "dfkd/study/study_folder.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/spec_diff.h"
#include "dfkd/core/status.h"
#include "dfkd/study/study_file.h"

namespace dfkd {
namespace {

constexpr char kStudyFile[] = "study.textproto";

absl::Status CheckIsEmpty(const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(dir));
  for (absl::string_view name : names) {
    // Our lock, and what a crash may have left.
    if (name[0] == '.' || absl::StripSuffix(name, kTemporarySuffix) == kStudyFile) continue;
    return ConfigError(absl::StrCat(dir, " is not empty (", name,
                                    ") and no study's folder; choose another --output_dir"));
  }
  return absl::OkStatus();
}

Study WithoutSeeds(Study study) {
  study.clear_seed();
  for (StudyArm& arm : *study.mutable_arm()) arm.clear_seed();
  return study;
}

absl::StatusOr<Study> ReadFolder(const std::string& dir) {
  Study study;
  const std::string path = JoinPath(dir, kStudyFile);
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxTextprotoBytes));
  DFKD_RETURN_IF_ERROR(ParseTextproto(text, path, &study));
  return study;
}

// What was fixed when the study began.
absl::Status CheckIsTheSame(const std::string& dir, const Study& there, const Study& here) {
  const Study before = WithoutSeeds(there), now = WithoutSeeds(here);
  const std::vector<std::string> lines = DiffSpecs(before, now);
  if (lines.empty()) return absl::OkStatus();
  return ConfigError(absl::StrCat(
      dir, " holds another study, or this one as it was before it was changed; what it asks was ",
      "fixed when it began, so choose another --output_dir. Differences (there -> here):\n  ",
      absl::StrJoin(lines, "\n  ")));
}

}  // namespace

int ThreadsOf(const Study& study, const std::string& dir, int otherwise) {
  if (study.threads() > 0) return study.threads();
  const absl::StatusOr<Study> before = ReadFolder(dir);
  return before.ok() && before->threads() > 0 ? before->threads() : otherwise;
}

absl::StatusOr<OpenedStudyFolder> OpenStudyFolder(FileSystem* files, const std::string& dir,
                                                  const Study& study, int threads) {
  DFKD_RETURN_IF_ERROR(files->CreateDirectories(dir));
  OpenedStudyFolder folder;
  DFKD_ASSIGN_OR_RETURN(folder.lock, DirectoryLock::Acquire(dir));
  folder.study = study;
  folder.study.set_threads(ThreadsOf(study, dir, threads));
  const std::string path = JoinPath(dir, kStudyFile);
  if (FileExists(path)) {
    DFKD_ASSIGN_OR_RETURN(const Study before, ReadFolder(dir));
    DFKD_RETURN_IF_ERROR(CheckIsTheSame(dir, before, RelativeTo(folder.study, dir)));
  } else {
    DFKD_RETURN_IF_ERROR(CheckIsEmpty(dir));
  }
  DFKD_RETURN_IF_ERROR(
      WriteFileAtomically(files, path, PrintTextproto(RelativeTo(folder.study, dir))));
  return folder;
}

}  // namespace dfkd
