// Weight files as strangers bring them, for tests.
#ifndef DFKD_EXPERIMENTS_TESTING_STRANGER_WEIGHTS_H_
#define DFKD_EXPERIMENTS_TESTING_STRANGER_WEIGHTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dfkd/nn/module.h"

namespace dfkd {

// The state of a model preset with the weights of deterministic_weights.h: those that the goldens
// of dfkd/models were made with.
std::vector<NamedTensor> DeterministicState(const std::string& preset, int64_t num_classes,
                                            int64_t channels = 3);

// Each writes NAME into testing::TempDir() and returns NAME. The .pth files lack
// num_batches_tracked.
std::string WriteAsSafetensors(const std::string& name, const std::vector<NamedTensor>& state,
                               const std::map<std::string, std::string>& metadata = {});
std::string WriteAsZip(const std::string& name, const std::vector<NamedTensor>& state);
std::string WriteAsLegacy(const std::string& name, const std::vector<NamedTensor>& state);

// A text file there.
std::string WriteText(const std::string& name, const std::string& text);

// The path of a file there.
std::string InTempDir(const std::string& name);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_TESTING_STRANGER_WEIGHTS_H_
