#include "dfkd/measures/run_images.h"

#include <ATen/ops/arange.h>

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/methods/method.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/report/format.h"

namespace dfkd {
namespace {

at::Tensor AsFloat(const at::Tensor& images) {
  const at::Tensor on_cpu = images.detach().cpu();
  if (on_cpu.scalar_type() == at::kByte) return on_cpu.to(at::kFloat).div(255);
  return on_cpu.to(at::kFloat).clamp(0, 1);
}

// In turn, as a method's batches show them: K images that share a noisy layer then are of K
// classes.
at::Tensor SpreadLabels(int64_t classes, int64_t count) {
  return at::arange(count, at::kLong).remainder(classes);
}

RunImages FromPool(const Pool& pool, const at::Tensor& index) {
  RunImages images;
  images.images = AsFloat(pool.Images(index));
  images.labels = pool.Labels(index);
  return images;
}

// At most half of it, so that others are left to compare them with.
RunImages NewestOfPool(const Pool& pool, int64_t count) {
  const int64_t newest = std::min(count, (pool.size() + 1) / 2);
  RunImages images = FromPool(pool, at::arange(pool.size() - newest, pool.size(), at::kLong));
  images.newest_of_pool = newest;
  images.source = absl::StrCat("the newest ", FormatCount(newest), " images of the pool");
  return images;
}

}  // namespace

int64_t PoolSize(const MeasureContext& context) {
  return context.pools == nullptr ? 0 : context.pools->pool(context.pool).size();
}

absl::StatusOr<RunImages> NewImages(const MeasureContext& context, int64_t count,
                                    RandomStream& random) {
  if (PoolSize(context) > 0) return NewestOfPool(context.pools->pool(context.pool), count);
  RunImages images;
  images.labels = SpreadLabels(context.card->class_name_size(), count);
  DFKD_ASSIGN_OR_RETURN(images.images, context.method->SampleClasses(images.labels, random));
  if (!images.images.defined()) {
    const Method::Samples samples = context.method->Sample(count);
    images.images = samples.images;
    images.labels = samples.labels;
  }
  if (!images.images.defined()) {
    return ConfigError("the run's method makes no images, or has made none yet");
  }
  images.images = AsFloat(images.images);
  images.labels = images.labels.cpu();
  images.source = absl::StrCat(FormatCount(images.images.size(0)), " new images");
  return images;
}

absl::StatusOr<RunImages> PoolImages(const MeasureContext& context, int64_t count,
                                     const RunImages& new_images, RandomStream& random) {
  if (context.pools == nullptr) return ConfigError("the run's method keeps no pool");
  const Pool& pool = context.pools->pool(context.pool);
  const int64_t size = pool.size() - new_images.newest_of_pool;
  if (size <= 0) return ConfigError("the run's pool holds no images but the newest");
  const int64_t drawn = std::min(count, size);
  RunImages images =
      FromPool(pool, std::get<0>(random.Permutation(size).narrow(0, 0, drawn).sort()));
  images.source = absl::StrCat(FormatCount(drawn), " of the pool's ", FormatCount(size),
                               new_images.newest_of_pool > 0 ? " earlier images" : " images");
  return images;
}

absl::StatusOr<RunImages> RealImages(const MeasureContext& context, int64_t count,
                                     RandomStream& random) {
  if (context.data == nullptr) return ConfigError("the run has no data");
  for (const SplitName name : {SplitName::kTest, SplitName::kValidation}) {
    const Split* split = context.data->split(name);
    if (split == nullptr || split->size() == 0) continue;
    const int64_t drawn = std::min(count, split->size());
    const at::Tensor index =
        std::get<0>(random.Permutation(split->size()).narrow(0, 0, drawn).sort());
    RunImages images;
    DFKD_ASSIGN_OR_RETURN(images.images, split->Images(index));
    images.labels = split->labels().index_select(0, index);
    images.source =
        absl::StrCat(FormatCount(drawn), " real images of the ", NameOf(name), " split");
    return images;
  }
  return ConfigError("the data have neither a test nor a validation split");
}

}  // namespace dfkd
