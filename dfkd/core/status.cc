#include "dfkd/core/status.h"

#include "absl/strings/str_cat.h"

namespace dfkd {

absl::Status ConfigError(absl::string_view message) { return absl::InvalidArgumentError(message); }
absl::Status InputFileError(absl::string_view message) { return absl::NotFoundError(message); }
absl::Status DivergedError(absl::string_view message) { return absl::OutOfRangeError(message); }
absl::Status StorageError(absl::string_view message) { return absl::UnavailableError(message); }
absl::Status StoppedError(absl::string_view message) { return absl::CancelledError(message); }

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kInvalidArgument:
      return kExitBadConfig;
    case absl::StatusCode::kNotFound:
      return kExitBadInput;
    case absl::StatusCode::kOutOfRange:
      return kExitDiverged;
    case absl::StatusCode::kUnavailable:
      return kExitStorage;
    case absl::StatusCode::kCancelled:
      return kExitStopped;
    default:
      return kExitInternal;
  }
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok() || context.empty()) return status;
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

}  // namespace dfkd
