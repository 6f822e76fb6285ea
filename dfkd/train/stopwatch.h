// Adds the time from its making to its end to one part of a budget.
#ifndef DFKD_TRAIN_STOPWATCH_H_
#define DFKD_TRAIN_STOPWATCH_H_

#include <chrono>
#include <string>

#include "absl/strings/string_view.h"
#include "dfkd/report/budget.h"

namespace dfkd {

class Stopwatch {
 public:
  // `part`: "synthesis", "student", "evaluation".
  Stopwatch(Budget* budget, absl::string_view part)
      : budget_(budget), part_(part), began_(std::chrono::steady_clock::now()) {}
  ~Stopwatch() {
    budget_->seconds[part_] +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Budget* budget_;
  std::string part_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_STOPWATCH_H_
