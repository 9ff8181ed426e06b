// The measure for the http sink: bare libcurl, one multi handle, one epoll loop, as libcurl's documentation has it.
//
//     cc -O2 -o curl-post curl-post.c -lcurl
//     ./curl-post URL [COUNT] [CONNECTIONS] [BODY BYTES] [HEADERS]
//
// Posts COUNT (200,000) bodies of BODY BYTES (256) over CONNECTIONS (64) connections and prints the rate and the CPU time a
// request took. HEADERS is 0 for libcurl's own headers only, 1 (default) for header lines of the number and length the sink
// sends, built once and the same for every request: what is then left is libcurl and the system calls.
//
// Easy handles are set up once and added again after each transfer. Nothing is done with an answer but to look at its status.

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

static CURLM *multi;
static int epoll;
static long timeout = -1;

static size_t discard(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static int socket_changed(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    (void)easy;
    (void)context;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, socket, NULL);
        curl_multi_assign(multi, socket, NULL);
        return 0;
    }
    struct epoll_event event = { .data.fd = socket };
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    if (epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0 && errno == EEXIST)
        epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event);
    if (!known) curl_multi_assign(multi, socket, &epoll);
    return 0;
}

static int timer_changed(CURLM *changed, long milliseconds, void *context)
{
    (void)changed;
    (void)context;
    timeout = milliseconds;
    return 0;
}

static double seconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s URL [COUNT] [CONNECTIONS] [BODY BYTES] [HEADERS]\n", argv[0]);
        return 64;
    }
    long count = argc > 2 ? atol(argv[2]) : 200000;
    long connections = argc > 3 ? atol(argv[3]) : 64;
    long length = argc > 4 ? atol(argv[4]) : 256;
    int headers = argc > 5 ? atoi(argv[5]) : 1;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);

    char *body = malloc((size_t)length + 1);
    memset(body, 'x', (size_t)length);
    struct curl_slist *lines = curl_slist_append(NULL, "Expect:");
    if (headers) {
        lines = curl_slist_append(lines, "Stan-Sequence: 123456");
        lines = curl_slist_append(lines, "Stan-Timestamp: 2026-01-02T03:04:05.123456789Z");
        lines = curl_slist_append(lines, "Stan-Attempt: 1");
        lines = curl_slist_append(lines, "Idempotency-Key: test-cluster/orders/123456");
        lines = curl_slist_append(lines, "Content-Type: application/json");
        lines = curl_slist_append(lines, "Stan-Cluster: test-cluster");
        lines = curl_slist_append(lines, "Stan-Channel: orders");
        lines = curl_slist_append(lines, "User-Agent: stan-bridged/1.0.0");
    }

    long started = 0, done = 0, failed = 0;
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (; started < connections && started < count; started++) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
        curl_multi_add_handle(multi, easy);
    }

    struct epoll_event events[256];
    int running;
    for (;;) {
        // A transfer can end in the very call that starts it, so both go on until there is neither.
        for (;;) {
            CURLMsg *message;
            int rest;
            while ((message = curl_multi_info_read(multi, &rest))) {
                if (message->msg != CURLMSG_DONE) continue;
                CURL *easy = message->easy_handle;
                long status = 0;
                curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
                if (message->data.result != CURLE_OK || status / 100 != 2) failed++;
                done++;
                curl_multi_remove_handle(multi, easy);
                if (started < count) {
                    curl_multi_add_handle(multi, easy);
                    started++;
                }
            }
            if (timeout != 0) break;
            timeout = -1;
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        if (done == count) break;
        int ready = epoll_wait(epoll, events, 256, (int)timeout);
        if (ready == 0) timeout = 0;
        for (int index = 0; index < ready; index++) {
            int mask = 0;
            if (events[index].events & EPOLLIN) mask |= CURL_CSELECT_IN;
            if (events[index].events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
            if (events[index].events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_ERR;
            curl_multi_socket_action(multi, events[index].data.fd, mask, &running);
        }
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("libcurl: %.0f messages/s, %.2f us CPU/message, %ld failed\n", (double)count / wall, cpu / (double)count * 1e6, failed);
    return failed != 0;
}
