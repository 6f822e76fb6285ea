// Progress for people: a bar with rate and time left on a terminal, plain lines in a log.
#ifndef DFKD_REPORT_PROGRESS_H_
#define DFKD_REPORT_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace dfkd {

// Where progress is shown, and the clock.
struct ProgressDisplay {
  bool terminal = false;       // may be redrawn; no control characters are written otherwise
  std::function<int()> width;  // in columns; asked at each drawing
  std::function<void(absl::string_view)> write;
  std::function<absl::Time()> now;

  // stderr; a terminal only if it is one and TERM is not "dumb".
  static ProgressDisplay StandardError();
};

class Progress {
 public:
  // `title`: "teacher", "student seed 0". `unit` in the plural. A bar redrawn at most ten times a
  // second on a terminal, otherwise a line at each `log_every` and at each Note.
  Progress(absl::string_view title, int64_t total_steps, absl::string_view unit,
           absl::Duration log_every = absl::Seconds(30),
           ProgressDisplay display = ProgressDisplay::StandardError());
  // A bar that was not finished stays as it was last drawn.
  virtual ~Progress();

  // Where the number of steps is known only after the making; call before Start.
  void SetTotal(int64_t total_steps);
  // `done` of `total_steps`; steps resumed from a checkpoint do not count for the rate.
  void Start(int64_t done);
  virtual void Advance(int64_t steps = 1);
  // Steps so far, those before a resume included.
  int64_t done() const;
  // Shown behind the bar from now on: "loss 0.31, test 97.4%".
  void SetStatus(absl::string_view status);
  // A line of its own above the bar.
  void Note(absl::string_view line);
  // The last drawing, with the time taken instead of the time left.
  void Finish();

  // The bar's text, "teacher  40% |####      | 8/20 epochs, 2.1 epochs/s, 6.0 s left, loss 0.31".
  // In a narrow terminal the status is cut, then the bar goes, then the end of the line. rate in
  // steps per second, 0 where none is known yet.
  static std::string Render(absl::string_view title, int64_t done, int64_t total,
                            absl::string_view unit, double rate, absl::string_view status,
                            int width);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dfkd

#endif  // DFKD_REPORT_PROGRESS_H_
