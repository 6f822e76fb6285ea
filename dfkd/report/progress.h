// Progress for people: a bar with rate and time left on a terminal, plain lines in a log.
#ifndef DFKD_REPORT_PROGRESS_H_
#define DFKD_REPORT_PROGRESS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace dfkd {

class Progress {
 public:
  // `title`: "teacher", "student seed 0". Writes to stderr: a bar redrawn at most ten times a second
  // where it is a terminal, otherwise a line at each `log_every` and at each Note.
  Progress(absl::string_view title, int64_t total_steps, absl::string_view unit,
           absl::Duration log_every = absl::Seconds(30));
  ~Progress();

  // `done` of `total_steps`; steps resumed from a checkpoint do not count for the rate.
  void Start(int64_t done);
  void Advance(int64_t steps = 1);
  // Shown behind the bar from now on: "loss 0.31, test 97.4%".
  void SetStatus(absl::string_view status);
  // A line of its own above the bar.
  void Note(absl::string_view line);
  void Finish();

  // The bar's text for the given state, "teacher  40% |####      | 8/20 epochs, 2.1 epochs/s, 6 s left".
  static std::string Render(absl::string_view title, int64_t done, int64_t total, absl::string_view unit,
                            double rate, absl::string_view status, int width);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dfkd

#endif  // DFKD_REPORT_PROGRESS_H_
