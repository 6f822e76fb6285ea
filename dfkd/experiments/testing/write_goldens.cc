// Writes docs/reference and testdata/resolved anew in the checkout; run by tools/update_goldens.
#include <cstdlib>
#include <iostream>
#include <string>

#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/testing/golden_files.h"

namespace dfkd {
namespace {

absl::Status Write(const absl::StatusOr<GoldenFiles>& files, const std::string& folder) {
  DFKD_RETURN_IF_ERROR(files.status());
  FileSystem* disk = FileSystem::Posix();
  DFKD_RETURN_IF_ERROR(disk->CreateDirectories(folder));
  DFKD_ASSIGN_OR_RETURN(const auto before, ListDirectory(folder));
  for (const std::string& name : before) {
    if (!files->contains(name)) DFKD_RETURN_IF_ERROR(disk->Remove(JoinPath(folder, name)));
  }
  for (const auto& [name, content] : *files) {
    DFKD_RETURN_IF_ERROR(WriteFileAtomically(disk, JoinPath(folder, name), content));
  }
  std::cout << folder << ": " << files->size() << " files\n";
  return absl::OkStatus();
}

absl::Status WriteAll() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) return ConfigError("run it with tools/update_goldens");
  DFKD_RETURN_IF_ERROR(Write(ReferencePages(), JoinPath(workspace, kReferenceFolder)));
  return Write(ResolvedSpecs(), JoinPath(workspace, kResolvedFolder));
}

}  // namespace
}  // namespace dfkd

int main() {
  const absl::Status status = dfkd::WriteAll();
  if (!status.ok()) std::cerr << status.message() << "\n";
  return dfkd::ExitCodeOf(status);
}
