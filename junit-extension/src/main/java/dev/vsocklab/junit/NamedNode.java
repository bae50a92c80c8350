package dev.vsocklab.junit;

import java.lang.reflect.InaccessibleObjectException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.ReflectionSupport;
import org.junit.platform.engine.EngineExecutionListener;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.engine.support.hierarchical.EngineExecutionContext;
import org.junit.platform.engine.support.hierarchical.ExclusiveResource;
import org.junit.platform.engine.support.hierarchical.Node;

/**
 * A test with the backend in its name: {@code echo() [vhost-user, Linux 6.1.192]}. It is Jupiter's
 * own node in every other respect; identifiers stay, so a failed test can be run again by them.
 *
 * <p>Why: Jupiter names a test when it is discovered, before anybody knows of backends, and copies
 * that name into each invocation of a class template. Reports that show no tree, such as
 * Surefire's, would then tell the runs on two backends apart by a bare index.
 *
 * <p>How: an extension has no public way to its node, so the one call that finds it is reflective;
 * all else is the platform's public API. Where Jupiter's engine runs as a named module, the call is
 * refused, and only the class's invocation carries the backend, unless the engine is opened: {@code
 * --add-opens
 * org.junit.jupiter.engine/org.junit.jupiter.engine.descriptor=org.junit.platform.commons}. Build
 * tools usually run it on the class path.
 */
final class NamedNode<C extends EngineExecutionContext> implements TestDescriptor, Node<C> {

  /** What JUnit puts behind the name of an invocation: one index for each template around it. */
  private static final Pattern INDICES = Pattern.compile("(?:\\[\\d+])*$");

  private final TestDescriptor descriptor;
  private final Node<C> node;
  private final String suffix;

  private NamedNode(TestDescriptor descriptor, Node<C> node, String suffix) {
    this.descriptor = descriptor;
    this.node = node;
    this.suffix = suffix;
  }

  /**
   * Names every test of a class's invocation, those included that appear only while it runs.
   *
   * @param context the invocation's context, before its tests are reported to anybody
   * @param name the backend and kernel
   */
  static void nameTestsBelow(ExtensionContext context, String name) {
    descriptorOf(context).ifPresent(descriptor -> nameChildren(descriptor, " [" + name + "]"));
  }

  private static void nameChildren(TestDescriptor parent, String suffix) {
    // All of them are taken out and put back, which keeps their order.
    for (TestDescriptor child : List.copyOf(parent.getChildren())) {
      parent.removeChild(child);
      parent.addChild(named(child, suffix));
    }
  }

  private static TestDescriptor named(TestDescriptor descriptor, String suffix) {
    nameChildren(descriptor, suffix);
    return descriptor instanceof Node<?> node
        ? new NamedNode<>(descriptor, node, suffix)
        : descriptor;
  }

  private static Optional<TestDescriptor> descriptorOf(ExtensionContext context) {
    try {
      return ReflectionSupport.findMethod(context.getClass(), "getTestDescriptor")
          .map(getter -> ReflectionSupport.invokeMethod(getter, context))
          .filter(TestDescriptor.class::isInstance)
          .map(TestDescriptor.class::cast);
    } catch (InaccessibleObjectException e) {
      return Optional.empty();
    }
  }

  @Override
  public String getDisplayName() {
    return descriptor.getDisplayName() + suffix();
  }

  /** The name in Surefire's XML, where the indices stay last: {@code echo() [sim][1]}. */
  @Override
  public String getLegacyReportingName() {
    String name = descriptor.getLegacyReportingName();
    Matcher indices = INDICES.matcher(name);
    return indices.find() ? name.substring(0, indices.start()) + suffix() + indices.group() : name;
  }

  /** Tests and the methods that hold tests carry the backend; nested classes stand below it. */
  private String suffix() {
    return isTest() || getSource().filter(MethodSource.class::isInstance).isPresent() ? suffix : "";
  }

  /** Runs the node; whatever it registers meanwhile, such as repetitions, is named as well. */
  @Override
  public C execute(C context, DynamicTestExecutor executor) throws Exception {
    return node.execute(
        context,
        new DynamicTestExecutor() {
          @Override
          public void execute(TestDescriptor child) {
            executor.execute(named(child, suffix));
          }

          @Override
          public Future<?> execute(TestDescriptor child, EngineExecutionListener listener) {
            return executor.execute(named(child, suffix), listener);
          }

          @Override
          public void awaitFinished() throws InterruptedException {
            executor.awaitFinished();
          }
        });
  }

  @Override
  public C prepare(C context) throws Exception {
    return node.prepare(context);
  }

  @Override
  public void cleanUp(C context) throws Exception {
    node.cleanUp(context);
  }

  @Override
  public SkipResult shouldBeSkipped(C context) throws Exception {
    return node.shouldBeSkipped(context);
  }

  @Override
  public C before(C context) throws Exception {
    return node.before(context);
  }

  @Override
  public void after(C context) throws Exception {
    node.after(context);
  }

  @Override
  public void around(C context, Invocation<C> invocation) throws Exception {
    node.around(context, invocation);
  }

  @Override
  public void nodeSkipped(C context, TestDescriptor testDescriptor, SkipResult result) {
    node.nodeSkipped(context, descriptor, result);
  }

  @Override
  public void nodeFinished(C context, TestDescriptor testDescriptor, TestExecutionResult result) {
    node.nodeFinished(context, descriptor, result);
  }

  @Override
  public Set<ExclusiveResource> getExclusiveResources() {
    return node.getExclusiveResources();
  }

  @Override
  public ExecutionMode getExecutionMode() {
    return node.getExecutionMode();
  }

  @Override
  public UniqueId getUniqueId() {
    return descriptor.getUniqueId();
  }

  @Override
  public Set<TestTag> getTags() {
    return descriptor.getTags();
  }

  @Override
  public Optional<TestSource> getSource() {
    return descriptor.getSource();
  }

  @Override
  public Optional<TestDescriptor> getParent() {
    return descriptor.getParent();
  }

  @Override
  public void setParent(TestDescriptor parent) {
    descriptor.setParent(parent);
  }

  @Override
  public Set<? extends TestDescriptor> getChildren() {
    return descriptor.getChildren();
  }

  @Override
  public void addChild(TestDescriptor child) {
    descriptor.addChild(child);
  }

  @Override
  public void removeChild(TestDescriptor child) {
    descriptor.removeChild(child);
  }

  @Override
  public void removeFromHierarchy() {
    getParent().ifPresent(parent -> parent.removeChild(this));
  }

  @Override
  public Type getType() {
    return descriptor.getType();
  }

  @Override
  public boolean mayRegisterTests() {
    return descriptor.mayRegisterTests();
  }

  @Override
  public Optional<? extends TestDescriptor> findByUniqueId(UniqueId uniqueId) {
    return uniqueId.equals(getUniqueId()) ? Optional.of(this) : descriptor.findByUniqueId(uniqueId);
  }
}
