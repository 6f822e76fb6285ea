// Golden tensors: what PyTorch computed, as a script in tools/goldens wrote it.
#ifndef DFKD_TESTING_GOLDEN_H_
#define DFKD_TESTING_GOLDEN_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace dfkd {

class Golden {
 public:
  // A safetensors file, by its path in the workspace: "dfkd/optimizers/testdata/sgd.safetensors".
  // It must be among the test's data. Ends the test program when it cannot be read.
  explicit Golden(const std::string& path);

  // Ends the test program when there is none of this name.
  const at::Tensor& operator[](const std::string& name) const;
  bool Has(const std::string& name) const { return tensors_.count(name) > 0; }
  // All, by name.
  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }

 private:
  std::string path_;
  std::map<std::string, at::Tensor> tensors_;
};

// The largest absolute difference; infinite where shapes differ or either holds a NaN.
double MaxDifference(const at::Tensor& a, const at::Tensor& b);

}  // namespace dfkd

#endif  // DFKD_TESTING_GOLDEN_H_
