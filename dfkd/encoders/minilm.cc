#include "dfkd/encoders/minilm.h"

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

// A file that the folder must hold.
constexpr char kMark[] = "modules.json";

std::string ProgramPath() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

// Empty where the program has no runfiles.
std::string RunfilesFolder(const std::string& program) {
  std::string error;
  const std::unique_ptr<Runfiles> runfiles(Runfiles::Create(program, &error));
  if (runfiles == nullptr) return "";
  const std::string mark = runfiles->Rlocation(absl::StrCat("minilm/", kMark));
  return std::filesystem::path(mark).parent_path().string();
}

}  // namespace

absl::StatusOr<std::string> FindMiniLm() {
  const std::string program = ProgramPath();
  const std::string runfiles = RunfilesFolder(program);
  const std::string installed =
      (std::filesystem::path(program).parent_path() / "share" / "minilm").string();
  for (const std::string& folder : {runfiles, installed}) {
    if (!folder.empty() && FileExists(JoinPath(folder, kMark))) return folder;
  }
  return InputFileError(absl::StrCat(
      "all-MiniLM-L6-v2 comes with dfkd, but ", kMark, " is neither in ",
      runfiles.empty() ? "the program's runfiles (it has none)" : runfiles, " nor in ", installed,
      "; put the model's folder (modules.json, config.json, model.safetensors, vocab.txt, ...) "
      "there "
      "or name it in model_dir"));
}

}  // namespace dfkd
