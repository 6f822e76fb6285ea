// A spec for a teacher of one's own, with its reasons as comments: what `dfkd init` writes.
#ifndef DFKD_EXPERIMENTS_INIT_SPEC_H_
#define DFKD_EXPERIMENTS_INIT_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/files.h"

namespace dfkd {

struct InitOptions {
  std::string model;    // a preset, or a plugin with its defaults
  std::string weights;  // the file, as it shall stand in the spec
  // The facts below may be left out where the weight file carries a card that has them.
  std::string labels;             // a file with a class name a line
  int64_t image_size = 0;         // height and width
  std::vector<double> mean, std;  // per channel
  std::string student;            // a preset; empty: a smaller one of the same kind
};

// The spec's text. The weights are loaded into the model, so that names, shapes and the number of
// classes are known to fit; the spec is resolved and has passed CheckExperiment.
absl::StatusOr<std::string> InitSpec(const InitOptions& options);

// InitSpec to `path`, where no file may be.
absl::Status WriteInitSpec(FileSystem* files, const InitOptions& options, const std::string& path);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_INIT_SPEC_H_
