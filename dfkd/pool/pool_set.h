// The pools of a run: one for each size of image that its method makes.
#ifndef DFKD_POOL_POOL_SET_H_
#define DFKD_POOL_POOL_SET_H_

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"
#include "dfkd/pool/pool.h"
#include "dfkd/pool/pool_mirror.h"

namespace dfkd {

class PoolSet {
 public:
  // A single pool lies in DIR, several in DIR/HEIGHTxWIDTH each; their sizes differ. On a `device`
  // other than the CPU each is mirrored there, as long as it fits.
  static absl::StatusOr<std::unique_ptr<PoolSet>> Open(const std::string& dir,
                                                       const std::vector<PoolOptions>& options,
                                                       at::Device device, FileSystem* files);

  size_t count() const { return members_.size(); }
  Pool& pool(size_t i = 0) const { return *members_[i].pool; }
  // Null on the CPU.
  PoolMirror* mirror(size_t i = 0) const { return members_[i].mirror.get(); }

  // Images that can be drawn, of all pools.
  int64_t size() const;
  // Of these images, height x width each.
  int64_t pixels() const;

  // As of a Pool, for all of them.
  absl::Status Sync();
  absl::Status Clear();
  void Save(StateWriter writer) const;
  absl::Status Restore(const StateReader& reader);

 private:
  struct Member {
    std::string name;  // "96x96"; empty where it is the only one
    std::unique_ptr<Pool> pool;
    std::unique_ptr<PoolMirror> mirror;
  };
  PoolSet() = default;

  std::vector<Member> members_;
};

}  // namespace dfkd

#endif  // DFKD_POOL_POOL_SET_H_
