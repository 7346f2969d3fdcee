#include "CCurl.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  CURL *curl;
  const CCurlReceiver *receiver;
  CCurlAnswer *answer;
} Transfer;

bool ccurl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

static void read_answer(const Transfer *transfer) {
  CCurlAnswer *answer = transfer->answer;
  curl_off_t length = -1;
  curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answer->status);
  curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  answer->length = length;
  struct curl_header *header;
  bool has_range = curl_easy_header(transfer->curl, "Content-Range", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
  snprintf(answer->range, sizeof answer->range, "%s", has_range ? header->value : "");
}

static size_t receive(char *bytes, size_t size, size_t count, void *context) {
  Transfer *transfer = context;
  read_answer(transfer);
  bool wants_more = transfer->receiver->receive(transfer->receiver->context, transfer->answer, bytes, size * count);
  return wants_more ? size * count : CURL_WRITEFUNC_ERROR;
}

static int proceed(void *context, curl_off_t total, curl_off_t now, curl_off_t upload, curl_off_t uploaded) {
  const Transfer *transfer = context;
  return transfer->receiver->proceed(transfer->receiver->context) ? 0 : 1;
}

CCurlStatus ccurl_get(
  const char *address, int64_t offset, long patience, const CCurlReceiver *receiver, CCurlAnswer *answer) {
  memset(answer, 0, sizeof *answer);
  answer->length = -1;
  CURL *curl = curl_easy_init();
  if (!curl) return CCURL_UNUSABLE;
  Transfer transfer = {curl, receiver, answer};
  char range[32];
  snprintf(range, sizeof range, "%" PRId64 "-", offset);

  curl_easy_setopt(curl, CURLOPT_URL, address);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "swift-saliency");
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, answer->reason);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, patience);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, patience);
  // CURLOPT_RESUME_FROM fails when the server ignores the range; this does not.
  if (offset > 0) curl_easy_setopt(curl, CURLOPT_RANGE, range);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, proceed);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);

  CURLcode code = curl_easy_perform(curl);
  read_answer(&transfer);
  if (code != CURLE_OK && !answer->reason[0]) {
    snprintf(answer->reason, sizeof answer->reason, "%s", curl_easy_strerror(code));
  }
  curl_easy_cleanup(curl);
  switch (code) {
  case CURLE_OK: return CCURL_OK;
  case CURLE_WRITE_ERROR:
  case CURLE_ABORTED_BY_CALLBACK: return CCURL_STOPPED;
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_URL_MALFORMAT:
  case CURLE_TOO_MANY_REDIRECTS:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE: return CCURL_UNUSABLE;
  default: return CCURL_BROKEN;
  }
}
