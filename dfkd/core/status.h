// Errors that a user can cause, as absl::Status, and the exit code that each ends in.
#ifndef DFKD_CORE_STATUS_H_
#define DFKD_CORE_STATUS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// Process exit codes (docs/architecture.md).
enum ExitCode : int {
  kExitDone = 0,
  kExitInternal = 1,   // a bug in dfkd
  kExitBadConfig = 2,  // bad configuration or flags
  kExitBadInput = 3,   // bad or missing input file
  kExitDiverged = 4,   // NaN or Inf
  kExitStorage = 5,    // disk full, unwritable, or folder in use
  kExitStopped = 75,   // stopped by a signal; run again to resume
};

// Each names what, where, which rule, and what to do. They differ only in the exit code.
absl::Status ConfigError(absl::string_view message);
absl::Status InputFileError(absl::string_view message);
absl::Status DivergedError(absl::string_view message);
absl::Status StorageError(absl::string_view message);
absl::Status StoppedError(absl::string_view message);

ExitCode ExitCodeOf(const absl::Status& status);

// Same code, "context: message"; unchanged without a context.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace dfkd

#define DFKD_STATUS_CONCAT_INNER_(a, b) a##b
#define DFKD_STATUS_CONCAT_(a, b) DFKD_STATUS_CONCAT_INNER_(a, b)

#define DFKD_RETURN_IF_ERROR(expr)               \
  do {                                           \
    ::absl::Status dfkd_status_ = (expr);        \
    if (!dfkd_status_.ok()) return dfkd_status_; \
  } while (false)

// DFKD_ASSIGN_OR_RETURN(auto x, MakeX());
#define DFKD_ASSIGN_OR_RETURN(lhs, expr) \
  DFKD_ASSIGN_OR_RETURN_IMPL_(DFKD_STATUS_CONCAT_(dfkd_statusor_, __LINE__), lhs, expr)
#define DFKD_ASSIGN_OR_RETURN_IMPL_(var, lhs, expr) \
  auto var = (expr);                                \
  if (!var.ok()) return std::move(var).status();    \
  lhs = std::move(var).value()

#endif  // DFKD_CORE_STATUS_H_
