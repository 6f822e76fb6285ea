#include "dfkd/core/shipped_file.h"

#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace dfkd {
namespace {

using ::bazel::tools::cpp::runfiles::Runfiles;

std::string ProgramPath() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

// Empty where the program has no runfiles.
std::string InRunfiles(const std::string& program, absl::string_view runfile) {
  std::string error;
  const std::unique_ptr<Runfiles> runfiles(Runfiles::Create(program, &error));
  return runfiles == nullptr ? "" : runfiles->Rlocation(std::string(runfile));
}

}  // namespace

absl::StatusOr<std::string> FindShippedFile(absl::string_view runfile,
                                            absl::string_view installed) {
  const std::string program = ProgramPath();
  const std::string in_runfiles = InRunfiles(program, runfile);
  const std::string beside_program =
      JoinPath(std::filesystem::path(program).parent_path().string(), installed);
  for (const std::string& path : {in_runfiles, beside_program}) {
    if (!path.empty() && FileExists(path)) return path;
  }
  return InputFileError(absl::StrCat(
      runfile, " comes with dfkd, but it is neither at ",
      in_runfiles.empty() ? "its place among the program's runfiles (there are none)" : in_runfiles,
      " nor at ", beside_program, "; put it there"));
}

}  // namespace dfkd
