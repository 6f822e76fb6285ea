#include "dfkd/core/random_stream.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
// generators", 2014): a bijection of 64 bits in which every input bit moves every output bit.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// FNV-1a, 64 bits.
uint64_t HashName(absl::string_view name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  return hash;
}

}  // namespace

RandomStream::RandomStream(uint64_t seed, absl::string_view name)
    : key_(Mix(Mix(seed) ^ HashName(name))) {}

RandomStream RandomStream::Zeros() {
  RandomStream stream(0, "zeros");
  stream.zeros_ = true;
  return stream;
}

// ATen's Mersenne Twister takes the low 32 bits of a seed; Mix leaves none of them to chance.
uint64_t RandomStream::NextSeed() { return Mix(key_ ^ Mix(counter_++)); }

at::Generator RandomStream::Next() { return at::detail::createCPUGenerator(NextSeed()); }

at::Tensor RandomStream::Normal(at::IntArrayRef sizes, double mean, double std) {
  if (zeros_) return at::zeros(sizes, at::kFloat);
  return at::empty(sizes, at::kFloat).normal_(mean, std, Next());
}

at::Tensor RandomStream::Uniform(at::IntArrayRef sizes, double low, double high) {
  if (zeros_) return at::zeros(sizes, at::kFloat);
  return at::empty(sizes, at::kFloat).uniform_(low, high, Next());
}

at::Tensor RandomStream::Integers(at::IntArrayRef sizes, int64_t low, int64_t high) {
  return at::randint(low, high, sizes, Next(), at::kLong);
}

at::Tensor RandomStream::Permutation(int64_t n) { return at::randperm(n, Next(), at::kLong); }

RandomStream& RandomStreams::Get(absl::string_view name) {
  const auto it = streams_.find(name);
  if (it != streams_.end()) return it->second;
  return streams_.emplace(name, RandomStream(seed_, name)).first->second;
}

void RandomStreams::Save(StateWriter writer) const {
  writer.String("seed", absl::StrCat(seed_));
  const StateWriter counters = writer.Scope("counter");
  for (const auto& [name, stream] : streams_) {
    StateWriter(counters).Int(name, static_cast<int64_t>(stream.counter()));
  }
}

absl::Status RandomStreams::Load(const StateReader& reader) {
  DFKD_ASSIGN_OR_RETURN(const std::string seed, reader.String("seed"));
  if (seed != absl::StrCat(seed_)) {
    return ConfigError(absl::StrCat("the checkpoint was made with seed ", seed, ", this run has ",
                                    seed_, "; resume with the same seed"));
  }
  // What was drawn before loading, to construct networks whose values are now replaced, does not
  // count.
  for (auto& [name, stream] : streams_) stream.set_counter(0);
  const StateReader counters = reader.Scope("counter");
  for (const std::string& name : counters.ValueNames()) {
    DFKD_ASSIGN_OR_RETURN(const int64_t counter, counters.Int(name));
    Get(name).set_counter(static_cast<uint64_t>(counter));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
