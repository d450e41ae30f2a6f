/* libsspnet: 3D human pose from one image, at the frame rate you ask for. The C interface.
 *
 * Every function that can fail returns an sspnet_status; sspnet_last_error() then holds one line that says what was wrong and
 * what would be right. No C++ exception leaves the library. sspnet.hpp wraps the same functions for C++.
 *
 *     sspnet_options options = sspnet_default_options();
 *     options.target_fps = 30;
 *     sspnet_estimator *estimator;
 *     if (sspnet_open("path/to/bundle", &options, &estimator)) puts(sspnet_last_error());
 *     sspnet_image image = {pixels, width, height, 3 * width, SSPNET_BGR};
 *     sspnet_box box = {x, y, w, h};
 *     sspnet_pose pose;
 *     if (sspnet_predict(estimator, &image, &box, &pose)) puts(sspnet_last_error());
 *     sspnet_close(estimator);
 */
#ifndef SSPNET_H
#define SSPNET_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(SSPNET_BUILDING)
#define SSPNET_API __declspec(dllexport)
#elif defined(_WIN32)
#define SSPNET_API __declspec(dllimport)
#else
#define SSPNET_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Joints of a pose, in Human3.6M's order: pelvis, r-hip, r-knee, r-ankle, l-hip, l-knee, l-ankle, spine, thorax, neck, head,
 *  l-shoulder, l-elbow, l-wrist, r-shoulder, r-elbow, r-wrist; then face and feet: nose, l-eye, r-eye, l-ear, r-ear, l-heel,
 *  r-heel, l-big-toe, r-big-toe, l-small-toe, r-small-toe. Left and right are the person's. A bundle has all of them, or the
 *  body's alone: sspnet_pose.joint_count says which. */
#define SSPNET_JOINTS 28

/** The body's joints, pelvis to r-wrist, which every bundle has. */
#define SSPNET_BODY_JOINTS 17

/** The most cuts, and the most input sizes, that a bundle may hold. */
#define SSPNET_MOST_CHOICES 16

/** What came of a call; the numbers are the command line's exit codes. */
typedef enum sspnet_status {
    SSPNET_OK = 0,
    SSPNET_FAILED = 1,        /**< something else went wrong, for example memory ran out */
    SSPNET_BAD_OPTION = 2,    /**< an option or argument has no meaning here (a negative frame rate, a box outside the image) */
    SSPNET_BAD_IMAGE = 3,     /**< an image that cannot be used */
    SSPNET_BAD_BUNDLE = 4,    /**< a bundle that is missing, damaged, of a foreign schema, or that points outside its folder */
    SSPNET_BACKEND_FAILED = 5 /**< the inference engine is missing or failed; its own words are kept */
} sspnet_status;

/** Channel order of an image's pixels. */
typedef enum sspnet_color {
    SSPNET_BGR = 0,  /**< 3 bytes per pixel, as OpenCV reads them */
    SSPNET_RGB = 1,  /**< 3 bytes per pixel */
    SSPNET_BGRA = 2, /**< 4 bytes per pixel, alpha is not looked at */
    SSPNET_RGBA = 3, /**< 4 bytes per pixel, alpha is not looked at */
    SSPNET_GRAY = 4  /**< 1 byte per pixel */
} sspnet_color;

/** An image that the caller owns; it is only read, and only during the call. */
typedef struct sspnet_image {
    const uint8_t* pixels; /**< top row first */
    int width;             /**< pixels, at least 8 */
    int height;            /**< pixels, at least 8 */
    size_t stride;         /**< bytes from one row to the next; 0 for rows without padding */
    int color;             /**< an sspnet_color */
} sspnet_image;

/** A person's box in pixels of the image; (0, 0) is the corner of the top-left pixel, x right, y down. It may reach over the
 *  image's border, but must touch the image. */
typedef struct sspnet_box {
    float x, y, w, h;
} sspnet_box;

/** One person's pose in one image. Rows from joint_count on are 0. */
typedef struct sspnet_pose {
    int joint_count;                   /**< SSPNET_JOINTS, or SSPNET_BODY_JOINTS where the bundle has no face and feet */
    float keypoints[SSPNET_JOINTS][2]; /**< pixels of the image; (0, 0) is the corner of the top-left pixel, x right, y down */
    float joints3d[SSPNET_JOINTS][3];  /**< millimetres relative to the pelvis (which is exactly 0): x right, y down, z away */
    float confidence[SSPNET_JOINTS];   /**< 0..1 */
    sspnet_box box;                    /**< the person's box that the crop was made from */
    int cut;                           /**< the number of pyramids that were run */
    int input_size;                    /**< side of the square crop that the network saw, pixels */
    double latency_ms;                 /**< from the call to this result */
    double network_ms;                 /**< of that, in the engine's own calls for this person: the pose's and the millimetres' */
    int unsure;                        /**< 1: no person was found with certainty, the pose is the best guess there is */
} sspnet_pose;

/** Takes one line of what the library has to say (a target that is out of reach). Called from within the library's functions: it
 *  must not call any with the same estimator (SSPNET_BAD_OPTION). */
typedef void (*sspnet_log)(const char* line, void* user);

/** How to run. Begin with sspnet_default_options(); strings are only read during sspnet_open(). */
typedef struct sspnet_options {
    /** frames per second to hold, 0 for none: each frame takes the most accurate operating point (cut and input size) that fits
     *  the load of the moment. Nothing sleeps: a faster frame is simply earlier */
    double target_fps;
    /** instead of a rate, the time that each frame may take, 0 for none; stages of the network that would not end in time are not
     *  begun */
    double deadline_ms;
    /** share of frames, in per cent, that the deadline is planned for (95) */
    double percentile;
    /** run this many pyramids (one of the bundle's cuts); 0 for the deepest, or what the target allows */
    int cut;
    /** side of the crop in pixels (one of the bundle's sizes); 0 for the largest, or what fits */
    int input_size;
    /** one of the bundle's, or "bf16" or "fp16" where OpenVINO computes fp32 graphs in it (CPUs with AVX-512 or AMX, Intel GPUs);
     *  "auto": fp32, and with a target also those whose accuracy the bundle states */
    const char* precision;
    /** "auto" (the first of those that the library was built with), "openvino" or "onnxruntime" */
    const char* backend;
    /** "auto" (what the library was built for); openvino: "cpu", "gpu", "npu"; onnxruntime: "cpu", "cuda", "tensorrt" */
    const char* device;
    /** for the network on the CPU; 0 for the cores that this process may use, 8 at most */
    int threads;
    /** where measured profiles and compiled models are kept between runs; NULL for the user's cache folder, "" to keep nothing */
    const char* cache_dir;
    /** NULL for silence */
    sspnet_log log;
    /** handed to `log` */
    void* log_user;
} sspnet_options;

/** What an estimator runs. */
typedef struct sspnet_info {
    char bundle[64];  /**< the bundle's name */
    char digest[65];  /**< sha256 of the bundle's manifest, which lists that of every file: identifies the bundle */
    char backend[64]; /**< the engine in use and its version */
    char device[64];  /**< what it runs on */
    int cuts[SSPNET_MOST_CHOICES];
    int cut_count;
    int sizes[SSPNET_MOST_CHOICES]; /**< input sizes in pixels */
    int size_count;
    int joint_count; /**< of its poses */
    int threads;
    int has_finder; /**< 1: people can be found in a whole picture (box NULL) */
} sspnet_info;

/** An opened bundle with its engine. Calls on one estimator wait for each other, so that it may be shared by threads; a process
 *  that forks must open its own. */
typedef struct sspnet_estimator sspnet_estimator;

/** The library's version, "major.minor.patch". */
SSPNET_API const char* sspnet_version(void);

/** One line on the last failure in this thread; "" where nothing has failed yet. Valid until this thread's next failure. */
SSPNET_API const char* sspnet_last_error(void);

/** No target, the deepest cut at the largest size, the first engine that the library was built with. */
SSPNET_API sspnet_options sspnet_default_options(void);

/** Name of a joint, "pelvis" for 0; NULL for a number that is not in 0..27. */
SSPNET_API const char* sspnet_joint_name(int joint);

/** Parent of a joint in the skeleton; -1 for the pelvis and for a number that is not in 0..27. */
SSPNET_API int sspnet_joint_parent(int joint);

/** Open a bundle: check its schema, paths and the sha256 of every file, and load the engine. With a target, the first use of a
 *  bundle on a device measures it in the background, from the second frame on; the result is kept in the cache folder.
 *
 *  @param bundle     folder of the bundle, UTF-8
 *  @param options    NULL for sspnet_default_options()
 *  @param estimator  set to the new estimator, or to NULL on failure; free it with sspnet_close()
 *  @return SSPNET_BAD_BUNDLE, SSPNET_BAD_OPTION, SSPNET_BACKEND_FAILED */
SSPNET_API sspnet_status sspnet_open(const char* bundle, const sspnet_options* options, sspnet_estimator** estimator);

/** Free an estimator; NULL is allowed. */
SSPNET_API void sspnet_close(sspnet_estimator* estimator);

/** The pose of one person.
 *
 *  @param box   the person's box; NULL to find the person (needs a bundle with a finder)
 *  @param pose  filled on success, untouched on failure
 *  @return SSPNET_BAD_IMAGE, SSPNET_BAD_OPTION (the box), SSPNET_BACKEND_FAILED */
SSPNET_API sspnet_status sspnet_predict(sspnet_estimator* estimator, const sspnet_image* image, const sspnet_box* box,
                                        sspnet_pose* pose);

/** The same, answered within `deadline_ms` from now by the deepest cut that is expected to fit, whatever the estimator's own
 *  target. The first such call on an estimator without a target takes a look at the device, and longer. */
SSPNET_API sspnet_status sspnet_predict_within(sspnet_estimator* estimator, const sspnet_image* image, const sspnet_box* box,
                                               double deadline_ms, sspnet_pose* pose);

/** The poses of several people in one image, one for each box, in order; they share the frame's budget.
 *
 *  @param boxes  `count` boxes
 *  @param poses  room for `count` poses; filled on success, untouched on failure */
SSPNET_API sspnet_status sspnet_predict_many(sspnet_estimator* estimator, const sspnet_image* image, const sspnet_box* boxes,
                                             size_t count, sspnet_pose* poses);

/** sspnet_predict_many() in a video: answers are steadier, and sides swap less, where the network knows the poses of the frame
 *  before.
 *
 *  @param previous  `count` poses that this estimator gave the same people in the frame before (they may lie where `poses` does),
 *                   or NULL; with joint_count 0 for whoever was not there. Of an unsure pose nothing is taken. Give none that is
 *                   older than about 0.2 s, and none that was smoothed */
SSPNET_API sspnet_status sspnet_predict_next(sspnet_estimator* estimator, const sspnet_image* image, const sspnet_box* boxes,
                                             const sspnet_pose* previous, size_t count, sspnet_pose* poses);

/** The poses of everybody in an image, the most prominent first (needs a bundle with a finder). Whose pose is not confident is
 *  nobody.
 *
 *  @param poses  room for `room` poses: so many people at most
 *  @param count  set to the number of poses written; 0 where nobody is certain */
SSPNET_API sspnet_status sspnet_predict_all(sspnet_estimator* estimator, const sspnet_image* image, sspnet_pose* poses,
                                            size_t room, size_t* count);

/** Boxes of the people in an image, the most prominent first (needs a bundle with a finder).
 *
 *  @param boxes  room for `room` boxes
 *  @param count  set to the number of boxes written; 0 where nobody is certain */
SSPNET_API sspnet_status sspnet_find(sspnet_estimator* estimator, const sspnet_image* image, sspnet_box* boxes, size_t room,
                                     size_t* count);

/** Hold another frame rate from the next frame on, in place of the target there was; 0 for no target. */
SSPNET_API sspnet_status sspnet_set_target_fps(sspnet_estimator* estimator, double target_fps);

/** Keep another deadline from the next frame on, in place of the target there was; 0 for no target. */
SSPNET_API sspnet_status sspnet_set_deadline(sspnet_estimator* estimator, double deadline_ms);

/** `*out_of_reach` = 1 while even the fastest operating point misses the target; 0 without a target. */
SSPNET_API sspnet_status sspnet_out_of_reach(sspnet_estimator* estimator, int* out_of_reach);

/** What the estimator runs. */
SSPNET_API sspnet_status sspnet_describe(sspnet_estimator* estimator, sspnet_info* info);

#ifdef __cplusplus
}
#endif

#endif
