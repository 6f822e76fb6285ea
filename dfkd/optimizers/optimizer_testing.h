// Properties that every optimiser has.
#ifndef DFKD_OPTIMIZERS_OPTIMIZER_TESTING_H_
#define DFKD_OPTIMIZERS_OPTIMIZER_TESTING_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "dfkd/optimizers/optimizer.h"
#include "google/protobuf/message.h"

namespace dfkd {

// Through the registry. Ends the test program on an error.
std::unique_ptr<Optimizer> MakeOptimizer(const google::protobuf::Message& config,
                                         std::vector<at::Tensor> parameters);

// Parameters after each step equal those of torch.optim, as tools/goldens/optimizers.py ran it.
void ExpectEqualsPyTorch(const google::protobuf::Message& config, const std::string& golden_case);

// Steps after Save and Load into a new optimiser give the same bytes as without.
void ExpectResumesExactly(const google::protobuf::Message& config);

// Parameters that are channels_last end where contiguous ones do, whatever layout the gradients
// have.
void ExpectIgnoresLayout(const google::protobuf::Message& config);

}  // namespace dfkd

#endif  // DFKD_OPTIMIZERS_OPTIMIZER_TESTING_H_
