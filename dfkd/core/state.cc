#include "dfkd/core/state.h"

#include <ATen/core/Tensor.h>
#include <glog/logging.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

// A value's first two characters are its type.
constexpr absl::string_view kIntTag = "i:";
constexpr absl::string_view kDoubleTag = "d:";
constexpr absl::string_view kStringTag = "s:";

std::string Join(absl::string_view prefix, absl::string_view name) {
  return prefix.empty() ? std::string(name) : absl::StrCat(prefix, ".", name);
}

absl::Status Absent(absl::string_view kind, absl::string_view key) {
  return ConfigError(absl::StrCat("the checkpoint has no ", kind, " named ", key,
                                  "; it was written by another version or for other plugins"));
}

// The text behind the tag.
absl::StatusOr<absl::string_view> FindValue(const State& state, absl::string_view tag,
                                            absl::string_view kind, const std::string& key) {
  const auto it = state.values.find(key);
  if (it == state.values.end()) return Absent(kind, key);
  absl::string_view text = it->second;
  if (!absl::ConsumePrefix(&text, tag)) {
    return ConfigError(absl::StrCat(key, " in the checkpoint is not of type ", kind, ": ",
                                    absl::CHexEscape(text)));
  }
  return text;
}

template <typename Map>
std::vector<std::string> NamesBelow(const Map& map, const std::string& prefix) {
  std::vector<std::string> names;
  const std::string start = prefix.empty() ? "" : prefix + ".";
  for (auto it = map.lower_bound(start); it != map.end(); ++it) {
    absl::string_view name = it->first;
    if (!absl::ConsumePrefix(&name, start)) break;
    names.emplace_back(name);
  }
  return names;
}

std::string Describe(const at::Tensor& tensor) {
  return absl::StrCat(c10::toString(tensor.scalar_type()), " [",
                      absl::StrJoin(tensor.sizes(), ", "), "]");
}

}  // namespace

std::string StateWriter::Key(absl::string_view name) const { return Join(prefix_, name); }

StateWriter StateWriter::Scope(absl::string_view name) const {
  return StateWriter(state_, Key(name));
}

void StateWriter::Tensor(absl::string_view name, const at::Tensor& value) {
  at::Tensor copy = value.detach().to(at::kCPU, /*non_blocking=*/false, /*copy=*/true).contiguous();
  const bool fresh = state_->tensors.emplace(Key(name), std::move(copy)).second;
  CHECK(fresh) << "two components save a tensor named " << Key(name);
}

void StateWriter::Int(absl::string_view name, int64_t value) {
  const bool fresh = state_->values.emplace(Key(name), absl::StrCat(kIntTag, value)).second;
  CHECK(fresh) << "two components save a value named " << Key(name);
}

void StateWriter::Double(absl::string_view name, double value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::hex).ptr;
  const bool fresh =
      state_->values
          .emplace(Key(name), absl::StrCat(kDoubleTag, absl::string_view(text, end - text)))
          .second;
  CHECK(fresh) << "two components save a value named " << Key(name);
}

void StateWriter::String(absl::string_view name, absl::string_view value) {
  // Escaped: a checkpoint's header is JSON, which holds no arbitrary bytes.
  const bool fresh =
      state_->values.emplace(Key(name), absl::StrCat(kStringTag, absl::CHexEscape(value))).second;
  CHECK(fresh) << "two components save a value named " << Key(name);
}

std::string StateReader::Key(absl::string_view name) const { return Join(prefix_, name); }

StateReader StateReader::Scope(absl::string_view name) const {
  return StateReader(state_, Key(name));
}

absl::StatusOr<at::Tensor> StateReader::Tensor(absl::string_view name) const {
  const std::string key = Key(name);
  const auto it = state_->tensors.find(key);
  if (it == state_->tensors.end()) return Absent("tensor", key);
  return it->second;
}

absl::StatusOr<int64_t> StateReader::Int(absl::string_view name) const {
  const std::string key = Key(name);
  DFKD_ASSIGN_OR_RETURN(const absl::string_view text, FindValue(*state_, kIntTag, "integer", key));
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value)) {
    return ConfigError(absl::StrCat(key, " in the checkpoint is not an integer: ", text));
  }
  return value;
}

absl::StatusOr<double> StateReader::Double(absl::string_view name) const {
  const std::string key = Key(name);
  DFKD_ASSIGN_OR_RETURN(const absl::string_view text,
                        FindValue(*state_, kDoubleTag, "number", key));
  double value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, std::chars_format::hex);
  if (result.ec != std::errc() || result.ptr != end) {
    return ConfigError(absl::StrCat(key, " in the checkpoint is not a number: ", text));
  }
  return value;
}

absl::StatusOr<std::string> StateReader::String(absl::string_view name) const {
  const std::string key = Key(name);
  DFKD_ASSIGN_OR_RETURN(const absl::string_view text,
                        FindValue(*state_, kStringTag, "string", key));
  std::string value;
  if (!absl::CUnescape(text, &value)) {
    return ConfigError(absl::StrCat(key, " in the checkpoint is not a string: ", text));
  }
  return value;
}

bool StateReader::HasTensor(absl::string_view name) const {
  return state_->tensors.contains(Key(name));
}

std::vector<std::string> StateReader::TensorNames() const {
  return NamesBelow(state_->tensors, prefix_);
}

std::vector<std::string> StateReader::ValueNames() const {
  return NamesBelow(state_->values, prefix_);
}

absl::Status StateReader::CopyTo(absl::string_view name, at::Tensor target) const {
  DFKD_ASSIGN_OR_RETURN(const at::Tensor source, Tensor(name));
  if (source.sizes() != target.sizes() || source.scalar_type() != target.scalar_type()) {
    return ConfigError(absl::StrCat(Key(name), " in the checkpoint is ", Describe(source),
                                    "; this experiment has ", Describe(target)));
  }
  // A parameter may require gradients; a restored value is no step of its graph.
  target.detach().copy_(source);
  return absl::OkStatus();
}

}  // namespace dfkd
