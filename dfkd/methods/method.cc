#include "dfkd/methods/method.h"

#include "dfkd/core/stop.h"

namespace dfkd {

absl::Status MethodServices::CheckStop() const { return CheckStopNow(); }

}  // namespace dfkd
