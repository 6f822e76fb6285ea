// Times an epoch of several experiments in turns; ratios are to the first:
//
//   bazel run //dfkd/experiments:epoch_benchmark -- --experiments=shapes_muse_nayer,shapes_muse
//   --threads=1
//
// An epoch is what the method and the student do once the student learns, without evaluation. Each
// turn is what `dfkd check --estimate` does: the median of ten steps of each kind. Experiments take
// turns, so that what slows the machine down for a while meets all of them; the fastest turn of
// each is shown, which was disturbed least, and its ratio to the fastest of the first. A teacher
// that has not been trained has random weights.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "benchmark/benchmark.h"
#include "dfkd/core/freed_memory.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/train/estimate.h"
#include "gflags/gflags.h"
#include "glog/logging.h"

DEFINE_string(experiments, "shapes_muse_nayer,shapes_muse",
              "shipped names; ratios are to the first");
DEFINE_int32(turns, 5, "of each experiment");
DEFINE_string(device, "cpu", "cpu or cuda");
DEFINE_string(precision, "FP32", "AUTO, FP32 or BF16");
DEFINE_int32(threads, 0, "0: one per physical core");
DEFINE_bool(keep_freed_memory, true, "as dfkd does (core/freed_memory.h)");

namespace dfkd {
namespace {

struct Epochs {
  std::string name;
  ResolvedSpec spec;
  std::vector<double> seconds;  // by turn

  double Fastest() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

absl::StatusOr<std::vector<Epochs>> Resolve() {
  const std::vector<std::string> sets = {absl::StrFormat("train.device=%s", FLAGS_device),
                                         absl::StrFormat("train.precision=%s", FLAGS_precision),
                                         absl::StrFormat("train.threads=%d", FLAGS_threads),
                                         // Training a teacher is no part of an epoch.
                                         "teacher.train_if_missing=false"};
  std::vector<Epochs> all;
  for (const absl::string_view name : absl::StrSplit(FLAGS_experiments, ',')) {
    DFKD_ASSIGN_OR_RETURN(ResolvedSpec spec, ResolveSpec(std::string(name), sets));
    all.push_back({std::string(name), std::move(spec), {}});
  }
  return all;
}

absl::StatusOr<double> SecondsOfAnEpoch(const ResolvedSpec& spec) {
  DFKD_ASSIGN_OR_RETURN(const RunEstimate estimate, EstimateRun(spec, ""));
  const StageEstimate& student = estimate.stages.back();
  return (student.own.total() + student.student.total()) /
         static_cast<double>(spec.spec.train().epochs());
}

absl::Status Measure(std::vector<Epochs>* all) {
  for (int turn = 0; turn < FLAGS_turns; ++turn) {
    for (Epochs& epochs : *all) {
      DFKD_ASSIGN_OR_RETURN(const double seconds, SecondsOfAnEpoch(epochs.spec));
      epochs.seconds.push_back(seconds);
    }
  }
  return absl::OkStatus();
}

void Register(const Epochs& epochs, double fastest_of_first) {
  benchmark::RegisterBenchmark(epochs.name.c_str(),
                               [=](benchmark::State& state) {
                                 for (auto _ : state) state.SetIterationTime(epochs.Fastest());
                                 state.counters["ratio"] = epochs.Fastest() / fastest_of_first;
                               })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

absl::Status Run() {
  if (FLAGS_turns < 1) return ConfigError("--turns must be at least 1");
  DFKD_ASSIGN_OR_RETURN(std::vector<Epochs> all, Resolve());
  DFKD_RETURN_IF_ERROR(Measure(&all));
  for (const Epochs& epochs : all) Register(epochs, all.front().Fastest());
  benchmark::RunSpecifiedBenchmarks();
  return absl::OkStatus();
}

}  // namespace
}  // namespace dfkd

int main(int argc, char** argv) {
  google::InitGoogleLogging(argv[0]);
  benchmark::Initialize(&argc, argv);
  gflags::SetUsageMessage("times epochs of experiments; see the head of epoch_benchmark.cc");
  gflags::ParseCommandLineFlags(&argc, &argv, /*remove_flags=*/true);
  if (FLAGS_keep_freed_memory) dfkd::KeepFreedMemory();
  const absl::Status status = dfkd::Run();
  if (!status.ok()) std::cerr << "epoch_benchmark: error: " << status.message() << "\n";
  return dfkd::ExitCodeOf(status);
}
