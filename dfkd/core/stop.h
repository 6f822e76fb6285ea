// SIGINT and SIGTERM: the first asks the run to end after the current round; a second one, or 20
// seconds, ends it at the next step (that round is done again on resume).
#ifndef DFKD_CORE_STOP_H_
#define DFKD_CORE_STOP_H_

#include "absl/status/status.h"

namespace dfkd {

void InstallStopHandlers();

// True from the first signal on.
bool StopRequested();
// StoppedError once the round in progress is to be given up.
absl::Status CheckStopNow();

// As a signal would; for tests.
void RequestStop(int signals);
void ClearStop();

}  // namespace dfkd

#endif  // DFKD_CORE_STOP_H_
