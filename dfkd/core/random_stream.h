// Named random streams: every draw says what it is for, so that adding a loss or an augmentation
// does not move another plugin's numbers.
//
// A stream is a key, made of the run's seed and the stream's name, and a counter. Each draw takes a
// fresh at::Generator seeded by hash(key, counter), and so equals what PyTorch draws after
// torch.manual_seed(that seed); the counter is all that a checkpoint has to keep.
#ifndef DFKD_CORE_RANDOM_STREAM_H_
#define DFKD_CORE_RANDOM_STREAM_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "dfkd/core/state.h"

namespace dfkd {

class RandomStream {
 public:
  RandomStream(uint64_t seed, absl::string_view name);
  // Of whose shortcuts nothing is drawn but zeros, in a tenth of the time: for networks of which
  // only names and shapes are wanted, or whose weights are read from a file.
  static RandomStream Zeros();

  // A CPU generator for one draw (which may fill several tensors in a fixed order).
  at::Generator Next();
  // A seed for one draw, for what is not an at::Generator.
  uint64_t NextSeed();

  uint64_t counter() const { return counter_; }
  void set_counter(uint64_t counter) { counter_ = counter; }

  // Shortcuts, one draw each; float32 on the CPU.
  at::Tensor Normal(at::IntArrayRef sizes, double mean = 0, double std = 1);
  at::Tensor Uniform(at::IntArrayRef sizes, double low = 0, double high = 1);
  // int64 in [low, high).
  at::Tensor Integers(at::IntArrayRef sizes, int64_t low, int64_t high);
  // A permutation of 0 .. n-1, int64.
  at::Tensor Permutation(int64_t n);

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
  bool zeros_ = false;
};

// All streams of a run, made on first use.
class RandomStreams {
 public:
  explicit RandomStreams(uint64_t seed) : seed_(seed) {}

  // "labels", "noise", "augmentation", "initialisation", "pool_order" …; the reference stays valid.
  RandomStream& Get(absl::string_view name);

  void Save(StateWriter writer) const;
  absl::Status Load(const StateReader& reader);

 private:
  uint64_t seed_;
  std::map<std::string, RandomStream, std::less<>> streams_;
};

}  // namespace dfkd

#endif  // DFKD_CORE_RANDOM_STREAM_H_
