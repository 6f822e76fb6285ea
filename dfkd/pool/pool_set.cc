#include "dfkd/pool/pool_set.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// Of a GPU's memory, for all pools: CIFAR's pool after 300 epochs takes 1 GB, ImageNet's at 224
// pixels 45 GB.
constexpr int64_t kMaxMirrorBytes = int64_t{8} << 30;

}  // namespace

absl::StatusOr<std::unique_ptr<PoolSet>> PoolSet::Open(const std::string& dir,
                                                       const std::vector<PoolOptions>& options,
                                                       at::Device device, FileSystem* files) {
  CHECK(!options.empty());
  const auto count = static_cast<int64_t>(options.size());
  std::unique_ptr<PoolSet> set(new PoolSet());
  for (const PoolOptions& each : options) {
    Member member;
    if (count > 1) member.name = absl::StrCat(each.height, "x", each.width);
    DFKD_ASSIGN_OR_RETURN(
        member.pool,
        Pool::Open(member.name.empty() ? dir : JoinPath(dir, member.name), each, files));
    if (!device.is_cpu()) {
      member.mirror = std::make_unique<PoolMirror>(*member.pool, device, kMaxMirrorBytes / count);
    }
    set->members_.push_back(std::move(member));
  }
  return set;
}

int64_t PoolSet::size() const {
  int64_t size = 0;
  for (const Member& member : members_) size += member.pool->size();
  return size;
}

int64_t PoolSet::pixels() const {
  int64_t pixels = 0;
  for (const Member& member : members_) {
    const PoolOptions& options = member.pool->options();
    pixels += member.pool->size() * options.height * options.width;
  }
  return pixels;
}

absl::Status PoolSet::Sync() {
  for (const Member& member : members_) DFKD_RETURN_IF_ERROR(member.pool->Sync());
  return absl::OkStatus();
}

absl::Status PoolSet::Clear() {
  for (const Member& member : members_) DFKD_RETURN_IF_ERROR(member.pool->Clear());
  return absl::OkStatus();
}

void PoolSet::Save(StateWriter writer) const {
  for (const Member& member : members_) {
    member.pool->Save(member.name.empty() ? writer : writer.Scope(member.name));
  }
}

absl::Status PoolSet::Restore(const StateReader& reader) {
  for (const Member& member : members_) {
    DFKD_RETURN_IF_ERROR(
        member.pool->Restore(member.name.empty() ? reader : reader.Scope(member.name)));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
