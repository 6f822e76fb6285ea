#include "dfkd/train/pool_budget.h"

#include <algorithm>
#include <cmath>

#include "dfkd/data/dataset.h"
#include "dfkd/pool/pool_set.h"

namespace dfkd {
namespace {

double FullSizePixels(const TeacherCard& card) {
  return static_cast<double>(card.height()) * card.width();
}

// The limit in images of `options`' size, for one of `pools`; 0: none.
double LimitInImages(const PoolSpec& spec, const TeacherCard& card, const PoolOptions& options,
                     int64_t pools) {
  const double pixels = static_cast<double>(std::max<int64_t>(1, options.height * options.width));
  const double full_size = FullSizePixels(card);
  const auto share = [pools](double all) { return all / static_cast<double>(pools); };
  switch (spec.limit_case()) {
    case PoolSpec::kMaxImages:
      return share(static_cast<double>(spec.max_images()));
    case PoolSpec::kMaxPixels:
      return share(static_cast<double>(spec.max_pixels())) / pixels;
    case PoolSpec::kMaxBytes:
      return share(static_cast<double>(spec.max_bytes())) /
             (pixels * static_cast<double>(options.channels));
    case PoolSpec::kDataRatio:
      return share(spec.data_ratio().percent() / 100 *
                   static_cast<double>(spec.data_ratio().original_images()) * full_size) /
             pixels;
    case PoolSpec::kImagesPerClass:
      return share(static_cast<double>(spec.images_per_class()) * card.class_name_size() *
                   full_size) /
             pixels;
    case PoolSpec::LIMIT_NOT_SET:
      break;
  }
  return 0;
}

}  // namespace

std::vector<PoolOutline> PoolsOf(const MethodOutline& outline, const TeacherCard& card) {
  if (!outline.pools.empty()) return outline.pools;
  return {{.size = {card.height(), card.width()}, .images = outline.images, .student_batch = 0}};
}

std::vector<PoolOptions> PoolOptionsOf(const PoolSpec& spec, const TeacherCard& card,
                                       const std::vector<PoolOutline>& pools) {
  std::vector<PoolOptions> all;
  for (const PoolOutline& pool : pools) {
    PoolOptions options;
    options.channels = card.channels();
    options.height = pool.size.height;
    options.width = pool.size.width;
    options.stop_when_full = spec.when_full() == PoolSpec::STOP;
    if (spec.limit_case() != PoolSpec::LIMIT_NOT_SET) {
      // A share that is whole but for the rounding of doubles is whole.
      const double images =
          LimitInImages(spec, card, options, static_cast<int64_t>(pools.size())) * (1 + 1e-12);
      options.max_images = std::max<int64_t>(1, static_cast<int64_t>(std::floor(images)));
    }
    all.push_back(options);
  }
  return all;
}

int64_t KeptImages(const PoolOptions& options, const PoolOutline& pool) {
  return options.max_images > 0 ? std::min(options.max_images, pool.images) : pool.images;
}

std::optional<int64_t> OriginalImages(const PoolSpec& spec, const Dataset* data) {
  if (spec.has_data_ratio()) return spec.data_ratio().original_images();
  const Split* train = data == nullptr ? nullptr : data->split(SplitName::kTrain);
  if (train == nullptr || train->size() == 0) return std::nullopt;
  return train->size();
}

PoolContent ContentOf(const PoolSet& pools, const TeacherCard& card,
                      std::optional<int64_t> original_images) {
  PoolContent content;
  content.images = pools.size();
  content.pixels = pools.pixels();
  const double full_size_images = static_cast<double>(content.pixels) / FullSizePixels(card);
  content.images_per_class = full_size_images / card.class_name_size();
  if (original_images) {
    content.data_ratio = 100 * full_size_images / static_cast<double>(*original_images);
  }
  return content;
}

std::vector<std::vector<PoolOutline>> StudentTurns(const MethodOutline& outline,
                                                   const TeacherCard& card, int64_t batch_size) {
  std::vector<PoolOutline> pools = PoolsOf(outline, card);
  for (PoolOutline& pool : pools) {
    if (pool.student_batch == 0) pool.student_batch = batch_size;
  }
  if (!outline.pools_in_turn) return {pools};
  std::vector<std::vector<PoolOutline>> turns;
  for (const PoolOutline& pool : pools) turns.push_back({pool});
  return turns;
}

}  // namespace dfkd
