// Progress that is shown nowhere.
#ifndef DFKD_REPORT_SILENT_DISPLAY_H_
#define DFKD_REPORT_SILENT_DISPLAY_H_

#include "dfkd/report/progress.h"

namespace dfkd {

inline ProgressDisplay SilentDisplay() {
  ProgressDisplay display = ProgressDisplay::StandardError();
  display.terminal = false;
  display.write = [](absl::string_view) {};
  return display;
}

}  // namespace dfkd

#endif  // DFKD_REPORT_SILENT_DISPLAY_H_
