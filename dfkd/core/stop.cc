#include "dfkd/core/stop.h"

#include <atomic>
#include <csignal>
#include <ctime>

#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr int64_t kGraceSeconds = 20;

std::atomic<int> g_signals{0};
std::atomic<int64_t> g_first_signal_at{0};

int64_t MonotonicSeconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);  // async-signal-safe
  return now.tv_sec;
}

void OnSignal(int) {
  if (g_signals.fetch_add(1) == 0) g_first_signal_at = MonotonicSeconds();
}

}  // namespace

void InstallStopHandlers() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool StopRequested() { return g_signals.load(std::memory_order_relaxed) > 0; }

absl::Status CheckStopNow() {
  const int signals = g_signals.load(std::memory_order_relaxed);
  if (signals == 0) return absl::OkStatus();
  if (signals > 1 || MonotonicSeconds() - g_first_signal_at > kGraceSeconds) {
    return StoppedError("stopped by a signal; run the same command again to resume");
  }
  return absl::OkStatus();
}

void RequestStop(int signals) {
  for (int i = 0; i < signals; ++i) OnSignal(0);
}

void ClearStop() { g_signals = 0; }

}  // namespace dfkd
