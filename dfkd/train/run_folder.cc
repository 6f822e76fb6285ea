#include "dfkd/train/run_folder.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dfkd/core/folders.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/spec_diff.h"
#include "dfkd/core/status.h"
#include "dfkd/report/summary.h"

namespace dfkd {
namespace {

constexpr char kFingerprintFile[] = "fingerprint.txt";
constexpr char kCommandFile[] = "command.txt";

absl::Status CheckIsEmpty(const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(dir));
  for (absl::string_view name : names) {
    // Our lock, and what a crash may have left before the last of our files was whole.
    const absl::string_view file = absl::StripSuffix(name, kTemporarySuffix);
    if (name[0] == '.' || file == kResolvedSpecFile || file == kCommandFile ||
        file == kFingerprintFile) {
      continue;
    }
    return ConfigError(absl::StrCat(dir, " is not empty (", name,
                                    ") and no run of dfkd; choose another --output_dir"));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> HoldsStages(const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(dir));
  return std::any_of(names.begin(), names.end(),
                     [&dir](const std::string& name) { return IsDirectory(JoinPath(dir, name)); });
}

absl::Status DifferentExperiment(const std::string& dir, const ResolvedSpec& spec) {
  Experiment before;
  std::vector<std::string> lines;
  const absl::StatusOr<std::string> text =
      ReadFile(JoinPath(dir, kResolvedSpecFile), kMaxTextprotoBytes);
  if (text.ok() && ParseTextproto(*text, kResolvedSpecFile, &before).ok())
    lines = DiffSpecs(before, spec.spec);
  if (lines.empty())
    lines.push_back("what dfkd chose for this machine: precision, threads or device");
  return ConfigError(
      absl::StrCat(dir, " holds a run of another experiment; choose another --output_dir. ",
                   "Differences (there -> here):\n  ", absl::StrJoin(lines, "\n  ")));
}

}  // namespace

absl::StatusOr<OpenedRunFolder> OpenRunFolder(FileSystem* files, const std::string& dir,
                                              const ResolvedSpec& spec,
                                              const std::string& fingerprint,
                                              const std::string& command) {
  DFKD_RETURN_IF_ERROR(files->CreateDirectories(dir));
  OpenedRunFolder folder;
  DFKD_ASSIGN_OR_RETURN(folder.lock, DirectoryLock::Acquire(dir));
  const std::string fingerprint_path = JoinPath(dir, kFingerprintFile);
  if (FileExists(fingerprint_path)) {
    DFKD_ASSIGN_OR_RETURN(const std::string before, ReadFile(fingerprint_path, 4096));
    DFKD_ASSIGN_OR_RETURN(const bool begun, HoldsStages(dir));
    if (begun && absl::StripAsciiWhitespace(before) == fingerprint) {
      const absl::StatusOr<RunSummary> summary = ReadSummary(dir);
      folder.finished = summary.ok() && summary->finished;
      return folder;
    }
    // A run that ended before its first stage, by a wrong teacher say, is begun anew as corrected;
    // the files below are written again, as another correction may have been killed between them.
    if (begun) return DifferentExperiment(dir, spec);
  } else {
    DFKD_RETURN_IF_ERROR(CheckIsEmpty(dir));
  }
  DFKD_RETURN_IF_ERROR(WriteFileAtomically(files, JoinPath(dir, kResolvedSpecFile), spec.ToFile()));
  DFKD_RETURN_IF_ERROR(
      WriteFileAtomically(files, JoinPath(dir, kCommandFile), absl::StrCat(command, "\n")));
  // Last: where it stands, the folder is a run's.
  DFKD_RETURN_IF_ERROR(
      WriteFileAtomically(files, fingerprint_path, absl::StrCat(fingerprint, "\n")));
  return folder;
}

absl::StatusOr<std::string> SpecOfRun(const std::string& dir) {
  std::string path = JoinPath(dir, kResolvedSpecFile);
  if (FileExists(path)) return path;
  return InputFileError(absl::StrCat(dir, " is no run's folder: it holds no ", kResolvedSpecFile));
}

}  // namespace dfkd
