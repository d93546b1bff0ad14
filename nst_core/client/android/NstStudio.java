import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Paints a photograph: sends it, follows the run's events, fetches the picture. On Android, call it from a background
 * thread, read the photograph from its content address, and use org.json, which Android has, in place of `field`.
 */
public final class NstStudio {
    private final String api;

    public NstStudio(String server) {
        api = server + "/api/v1";
    }

    public static void main(String[] arguments) throws IOException {
        NstStudio studio = new NstStudio(arguments[0]);
        String run = studio.submit(Files.readAllBytes(Path.of(arguments[1])), arguments[2], arguments[3]);
        studio.follow(run);
        Files.write(Path.of(arguments[4]), studio.picture(run));
    }

    /** Starts a run of a photograph and a style of the server, and returns its id. */
    String submit(byte[] photograph, String style, String recipe) throws IOException {
        String boundary = UUID.randomUUID().toString();
        HttpURLConnection request = open("/runs");
        request.setRequestMethod("POST");
        request.setDoOutput(true);
        request.setRequestProperty("Content-Type", "multipart/form-data; boundary=" + boundary);
        request.setRequestProperty("Idempotency-Key", UUID.randomUUID().toString()); // sent again, it starts no second run
        try (OutputStream body = request.getOutputStream()) {
            text(body, part(boundary, "style_id") + style + part(boundary, "recipe") + recipe);
            text(body, part(boundary, "content\"; filename=\"photo"));
            body.write(photograph);
            text(body, "\r\n--" + boundary + "--\r\n");
        }
        return field(new String(answer(request), StandardCharsets.UTF_8), "id");
    }

    /** Prints a run's events until it is over. After a lost connection, send the last id as Last-Event-ID. */
    void follow(String run) throws IOException {
        HttpURLConnection request = open("/runs/" + run + "/events");
        request.setReadTimeout(60_000); // a sign of life comes more often
        check(request);
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(request.getInputStream(), StandardCharsets.UTF_8))) {
            String event = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("event: ")) {
                    event = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    System.out.println(event + " " + line.substring(6));
                }
            }
        }
    }

    /** The newest picture of a run: its result as PNG when it is over. */
    byte[] picture(String run) throws IOException {
        return answer(open("/runs/" + run + "/picture"));
    }

    private HttpURLConnection open(String path) throws IOException {
        return (HttpURLConnection) URI.create(api + path).toURL().openConnection();
    }

    private static String part(String boundary, String name) {
        return "\r\n--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n";
    }

    private static void text(OutputStream body, String text) throws IOException {
        body.write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] answer(HttpURLConnection request) throws IOException {
        check(request);
        try (InputStream body = request.getInputStream()) {
            return body.readAllBytes();
        }
    }

    /** Throws the sentence of the problem document if the server refused a request. */
    private static void check(HttpURLConnection request) throws IOException {
        if (request.getResponseCode() >= 400) {
            try (InputStream body = request.getErrorStream()) {
                throw new IOException(field(new String(body.readAllBytes(), StandardCharsets.UTF_8), "detail"));
            }
        }
    }

    private static String field(String json, String name) throws IOException {
        Matcher found = Pattern.compile("\"" + name + "\": ?\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
        if (!found.find()) {
            throw new IOException("the answer must have the field " + name + ", got " + json);
        }
        return found.group(1);
    }
}
