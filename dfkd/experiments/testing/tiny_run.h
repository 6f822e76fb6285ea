// Runs of a fraction of a second, from files that the test makes, and what they left.
#ifndef DFKD_EXPERIMENTS_TESTING_TINY_RUN_H_
#define DFKD_EXPERIMENTS_TESTING_TINY_RUN_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/files.h"
#include "dfkd/report/summary.h"

namespace dfkd {

struct TinyTeacher {
  int64_t channels = 3;
  int64_t height = 8;
  int64_t width = 8;
  int64_t classes = 3;
};

// The architecture of teacher and student.
inline constexpr char kTinyModel[] =
    "config { [type.googleapis.com/dfkd.WideResNetConfig] { depth: 10 base_width: 4 } }";

// Writes a WRN-10 of width 4 with weights of deterministic_weights.h and its card, and returns the
// file.
std::string WriteTinyTeacher(const std::string& dir, const TinyTeacher& teacher);

// NAYER without data, from that file: three epochs of a batch of eight images, after one of
// warm-up.
std::string TinyNayer(const std::string& weights);
// MUSE without data: three epochs of ten images of 4 pixels and five of 8, after one of warm-up,
// with CAM loss and both embedding diversities.
std::string TinyMuse(const std::string& weights);
// Adaptive DeepInversion without data: three epochs of a batch of eight images, after one of
// warm-up.
std::string TinyDeepInversion(const std::string& weights);
// Fast without data: three epochs of a batch of eight images in two steps, after one of warm-up.
std::string TinyFast(const std::string& weights);
// DFAD: three epochs of two student steps and one of the generator.
std::string TinyDfad(const std::string& weights);
// The fake method of fake_online.proto with the given fields.
std::string TinyFakeOnline(const std::string& weights, const std::string& fields = "");

// Runs the experiment of `text` in `dir`.
absl::StatusOr<RunSummary> RunTiny(const std::string& text, const std::string& dir,
                                   FileSystem* files = FileSystem::Posix(), bool resume = true);

// What must not depend on how often a run was interrupted: path -> content of weights, pictures,
// pool and of metrics.csv without its columns of seconds.
std::map<std::string, std::string> LastingContent(const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_TESTING_TINY_RUN_H_
