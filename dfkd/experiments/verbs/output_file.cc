#include "dfkd/experiments/verbs/output_file.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "dfkd/core/folders.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::Status CheckOutputFile(const std::string& output, const std::vector<InputFile>& inputs) {
  std::error_code ignored;
  for (const InputFile& input : inputs) {
    if (std::filesystem::equivalent(output, input.path, ignored)) {
      return ConfigError(absl::StrCat("--output=", output, " is the file of ", input.name,
                                      ", which it would replace; name another"));
    }
  }
  if (IsDirectory(output)) {
    return ConfigError(absl::StrCat("--output=", output, " is a folder; must name a file"));
  }
  std::filesystem::path folder = std::filesystem::path(output).parent_path();
  if (folder.empty()) folder = ".";
  if (!IsDirectory(folder.string())) {
    return StorageError(absl::StrCat("--output=", output, ": there is no folder ", folder.string(),
                                     "; make it first"));
  }
  if (access(folder.c_str(), W_OK) != 0) {
    return StorageError(
        absl::StrCat("--output=", output, ": nothing can be written in ", folder.string()));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
