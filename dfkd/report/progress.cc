#include "dfkd/report/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "dfkd/report/format.h"

namespace dfkd {
namespace {

constexpr absl::Duration kRedrawEvery = absl::Milliseconds(100);
constexpr int kWidestBar = 30;
constexpr int kNarrowestBar = 10;
constexpr int kFallbackWidth = 80;
// Escape sequence that clears to the end of the line.
constexpr char kClearRest[] = "\x1b[K";

int Percent(int64_t done, int64_t total) {
  if (total <= 0) return 100;
  return static_cast<int>(100.0 * static_cast<double>(std::clamp<int64_t>(done, 0, total)) /
                          static_cast<double>(total));
}

// "2.1 epochs/s", or "3.4 s/epoch" where one takes longer than a second.
std::string FormatRate(double rate, absl::string_view unit) {
  if (rate >= 1) return absl::StrCat(FormatRounded(rate, 2), " ", unit, "/s");
  absl::string_view one = unit;
  if (absl::EndsWith(one, "s")) one.remove_suffix(1);
  return absl::StrCat(FormatSeconds(1 / rate), "/", one);
}

// "8/20 epochs, 2.1 epochs/s, 6.0 s left, STATUS".
std::string Facts(int64_t done, int64_t total, absl::string_view unit, double rate,
                  absl::string_view status) {
  std::string facts = absl::StrCat(done, "/", total, " ", unit);
  if (rate > 0 && done < total) {
    absl::StrAppend(&facts, ", ", FormatRate(rate, unit), ", ",
                    FormatSeconds(static_cast<double>(total - done) / rate), " left");
  }
  if (!status.empty()) absl::StrAppend(&facts, ", ", status);
  return facts;
}

std::string Bar(int64_t done, int64_t total, int width) {
  const int filled = Percent(done, total) * width / 100;
  return absl::StrCat("|", std::string(filled, '#'), std::string(width - filled, ' '), "| ");
}

int TerminalWidth() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kFallbackWidth;
}

bool IsTerminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && term != nullptr && absl::string_view(term) != "dumb";
}

// Steps per second over the last half minute, so that an early phase of another speed is soon
// forgotten; over the last five points where fewer fit in there.
class RateMeter {
 public:
  void Restart(absl::Time now, int64_t done) { points_ = {{now, done}}; }
  void Add(absl::Time now, int64_t done) {
    const bool dense = points_.size() > 1 && now - points_[points_.size() - 2].time < kRedrawEvery;
    if (dense) points_.pop_back();
    points_.push_back({now, done});
    while (points_.size() > 5 && now - points_.front().time > absl::Seconds(30)) {
      points_.pop_front();
    }
  }
  double PerSecond() const {
    if (points_.size() < 2) return 0;
    const double seconds = absl::ToDoubleSeconds(points_.back().time - points_.front().time);
    if (seconds <= 0) return 0;
    return static_cast<double>(points_.back().done - points_.front().done) / seconds;
  }

 private:
  struct Point {
    absl::Time time;
    int64_t done;
  };
  std::deque<Point> points_;
};

}  // namespace

ProgressDisplay ProgressDisplay::StandardError() {
  return {IsTerminal(), TerminalWidth,
          [](absl::string_view text) {
            while (!text.empty()) {
              const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
              if (written <= 0) return;  // nobody reads: no reason to stop a run
              text.remove_prefix(static_cast<size_t>(written));
            }
          },
          absl::Now};
}

struct Progress::Impl {
  std::string title;
  int64_t total;
  std::string unit;
  absl::Duration log_every;
  ProgressDisplay display;

  int64_t done = 0;
  std::string status;
  RateMeter rate;
  absl::Time started;
  absl::Time shown = absl::InfinitePast();
  bool bar_open = false;  // the cursor stands behind a bar

  // Shows the state if the last time is long enough ago.
  void Show() {
    const absl::Time now = display.now();
    if (now - shown < (display.terminal ? kRedrawEvery : log_every)) return;
    shown = now;
    if (display.terminal) {
      Draw(Render(title, done, total, unit, rate.PerSecond(), status, display.width() - 1));
    } else {
      Log(Facts(done, total, unit, rate.PerSecond(), status));
    }
  }
  void Draw(absl::string_view bar) {
    display.write(absl::StrCat("\r", bar, kClearRest));
    bar_open = true;
  }
  void Log(absl::string_view facts) { display.write(absl::StrCat(title, ": ", facts, "\n")); }
};

Progress::Progress(absl::string_view title, int64_t total_steps, absl::string_view unit,
                   absl::Duration log_every, ProgressDisplay display)
    : impl_(std::make_unique<Impl>()) {
  impl_->title = std::string(title);
  impl_->total = total_steps;
  impl_->unit = std::string(unit);
  impl_->log_every = log_every;
  impl_->display = std::move(display);
  impl_->started = impl_->display.now();
}

Progress::~Progress() {
  if (impl_->bar_open) impl_->display.write("\n");
}

void Progress::SetTotal(int64_t total_steps) { impl_->total = total_steps; }

void Progress::Start(int64_t done) {
  impl_->done = done;
  impl_->started = impl_->display.now();
  impl_->rate.Restart(impl_->started, done);
  if (impl_->display.terminal) {
    impl_->Show();
  } else {
    impl_->shown = impl_->started;
    impl_->Log(absl::StrCat(done > 0 ? "resumes at " : "starts, ",
                            Facts(done, impl_->total, impl_->unit, 0, "")));
  }
}

void Progress::Advance(int64_t steps) {
  impl_->done += steps;
  impl_->rate.Add(impl_->display.now(), impl_->done);
  impl_->Show();
}

int64_t Progress::done() const { return impl_->done; }

void Progress::SetStatus(absl::string_view status) { impl_->status = std::string(status); }

void Progress::Note(absl::string_view line) {
  if (impl_->bar_open) impl_->display.write(absl::StrCat("\r", kClearRest));
  impl_->display.write(absl::StrCat(line, "\n"));
  impl_->bar_open = false;
  if (!impl_->display.terminal) return;
  impl_->shown = absl::InfinitePast();
  impl_->Show();
}

void Progress::Finish() {
  Impl& impl = *impl_;
  const std::string taken = absl::StrCat(
      "done in ", FormatSeconds(absl::ToDoubleSeconds(impl.display.now() - impl.started)),
      impl.status.empty() ? "" : ", ", impl.status);
  if (!impl.display.terminal) return impl.Log(Facts(impl.done, impl.total, impl.unit, 0, taken));
  impl.Draw(
      Render(impl.title, impl.done, impl.total, impl.unit, 0, taken, impl.display.width() - 1));
  impl.display.write("\n");
  impl.bar_open = false;
}

std::string Progress::Render(absl::string_view title, int64_t done, int64_t total,
                             absl::string_view unit, double rate, absl::string_view status,
                             int width) {
  const std::string head = absl::StrFormat("%s %3d%% ", title, Percent(done, total));
  const std::string facts = Facts(done, total, unit, rate, status);
  const auto room_beside = [&](const std::string& text) {
    return width - DisplayWidth(head) - DisplayWidth(text) - 3;
  };
  int bar_width = std::min(room_beside(facts), kWidestBar);
  // A long status is cut before the bar is given up.
  if (bar_width < kNarrowestBar) {
    const bool fits = room_beside(Facts(done, total, unit, rate, "")) >= kNarrowestBar;
    bar_width = fits ? kNarrowestBar : 0;
  }
  const std::string bar = bar_width == 0 ? "" : Bar(done, total, bar_width);
  return ClipToWidth(absl::StrCat(head, bar, facts), width);
}

}  // namespace dfkd
