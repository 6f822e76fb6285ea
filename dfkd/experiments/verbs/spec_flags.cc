#include "dfkd/experiments/verbs/spec_flags.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gflags/gflags.h"

DEFINE_uint64(seed, 0, "of every random draw; shorthand for --set=train.seed=N");
DEFINE_string(device, "cpu", "where to compute: cpu, cuda (the first GPU) or cuda:N");
DEFINE_string(precision, "auto",
              "auto, fp32 or bf16; auto trains in bf16 on a CPU with AMX; all else is fp32");
DEFINE_int32(
    threads, 0,
    "CPU threads; 0: one per physical core. Results are repeatable for one number of threads");

namespace dfkd {

bool IsFlagSet(const char* flag) {
  gflags::CommandLineFlagInfo info;
  return gflags::GetCommandLineFlagInfo(flag, &info) && !info.is_default;
}

std::vector<std::string> SpecFlags() { return {"set", "seed", "device", "precision", "threads"}; }

std::vector<std::string> DeviceSets() {
  std::vector<std::string> sets;
  if (IsFlagSet("device")) sets.push_back(absl::StrCat("train.device=", FLAGS_device));
  if (IsFlagSet("precision")) {
    sets.push_back(absl::StrCat("train.precision=", absl::AsciiStrToUpper(FLAGS_precision)));
  }
  return sets;
}

absl::StatusOr<ResolvedSpec> ResolveFromCommandLine(const Invocation& invocation) {
  std::vector<std::string> overrides = invocation.sets;
  if (IsFlagSet("seed")) overrides.push_back(absl::StrCat("train.seed=", FLAGS_seed));
  for (std::string& set : DeviceSets()) overrides.push_back(std::move(set));
  if (IsFlagSet("threads")) overrides.push_back(absl::StrCat("train.threads=", FLAGS_threads));
  return ResolveSpec(invocation.arguments[0], overrides);
}

}  // namespace dfkd
