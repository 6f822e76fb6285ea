#include "dfkd/methods/method.h"

#include "dfkd/core/stop.h"

namespace dfkd {

absl::Status MethodServices::CheckStop() const {
  return check_stop ? check_stop() : CheckStopNow();
}

}  // namespace dfkd
